// @ts-check
/**
 * What a teacher said to an observation: that she read it, whether she agrees, and her own words. Three separate things.
 *
 * @typedef {{readAt: string | null, stance: "agree" | "differ" | null, reply: string, state: "new" | "read" | "agree" | "differ" | "replied"}} Answer
 */

/** @param {Record<string, any>} fields @param {string | undefined} person @returns {Answer} */
export function answerOf(fields, person) {
  const readAt = fields[`read.${person}`] ?? null;
  const stance = fields[`stance.${person}`] ?? null;
  const reply = fields[`reply.${person}`] ?? "";
  return { readAt, stance, reply, state: stance ?? (readAt ? "read" : reply ? "replied" : "new") };
}

/** When the teacher answered, as far as the record tells; empty when she has not. @param {Record<string, any>} fields @returns {string} */
export function answeredAt(fields) {
  const answer = answerOf(fields, fields.teacher);
  return answer.readAt ?? (answer.state === "new" ? "" : fields.signed_at ?? "");
}

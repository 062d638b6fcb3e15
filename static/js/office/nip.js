// @ts-check
/** Eighteen digits are soon miscounted: says, while somebody types a NIP, how many are missing or too many. */
const DIGITS = 18;

/** An Alpine component. Its root holds the input and carries the words: `data-fewer` and `data-more`, with `{count}` in them. */
export function nip() {
  return {
    said: "",

    /** What was typed before the page came alive counts too. @this {any} */
    init() {
      this.count();
    },

    /** @this {any} */
    count() {
      const typed = this.$root.querySelector("input").value.replace(/\D/g, "").length;
      const { fewer, more } = this.$root.dataset;
      this.said = typed === 0 || typed === DIGITS ? "" : (typed < DIGITS ? fewer : more).replace("{count}", Math.abs(DIGITS - typed));
    },
  };
}

"""What people did that is not a change to a record: accounts, devices, decisions. Rows are only ever added."""

from dataclasses import dataclass

from observe.store.db import Db


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to which thing, in one school."""

    school: str
    id: str
    at: str
    made_by: str
    action: str
    subject: str
    detail: str


_COLUMNS = "school, id, at, made_by, action, subject, detail"


def add(db: Db, entry: Entry) -> None:
    db.run(
        f"insert into audit ({_COLUMNS}) values (:school, :id, :at, :made_by, :action, :subject, :detail)",
        {
            "school": entry.school,
            "id": entry.id,
            "at": entry.at,
            "made_by": entry.made_by,
            "action": entry.action,
            "subject": entry.subject,
            "detail": entry.detail,
        },
    )


def of_school(db: Db, school: str, limit: int = 200) -> list[Entry]:
    """The newest first."""
    rows = db.rows(
        f"select {_COLUMNS} from audit where school = :school order by at desc, id desc limit :limit",
        {"school": school, "limit": limit},
    )
    return [Entry(**row) for row in rows]

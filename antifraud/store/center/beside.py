"""What stands beside the lives in the book: answers that can be given again, how far each follower has come."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from antifraud.domain.moment import micros
from antifraud.store.center.schema import answers, cursors
from antifraud.workflow.center.ports import Answer


def answered(connection: Connection, participant: str, key: str, since: datetime) -> tuple[str, Answer] | None:
    """Return the digest of a request answered not before `since` under that key, with the answer, or None."""
    meant = (answers.c.participant == participant) & (answers.c.key == key) & (answers.c.at >= micros(since))
    row = connection.execute(select(answers).where(meant)).mappings().first()
    if row is None:
        return None
    return row["digest"], Answer(status=row["status"], body=bytes(row["body"]), version=row["version"])


def keep_answer(connection: Connection, participant: str, key: str, digest: str, answer: Answer, at: datetime) -> None:
    """Keep an answer; an older one under the same key goes."""
    meant = (answers.c.participant == participant) & (answers.c.key == key)
    connection.execute(delete(answers).where(meant))
    row = {"participant": participant, "key": key, "digest": digest, "at": micros(at)}
    said = {"status": answer.status, "version": answer.version, "body": answer.body}
    connection.execute(insert(answers).values(row | said))


def forget_answers(connection: Connection, before: datetime) -> int:
    """Remove the answers given before a moment; return how many."""
    return connection.execute(delete(answers).where(answers.c.at < micros(before))).rowcount


def cursor(connection: Connection, name: str) -> int:
    """Return how far the follower of that name has come, 0 at the beginning."""
    return connection.execute(select(cursors.c.seq).where(cursors.c.name == name)).scalar_one_or_none() or 0


def move_cursor(connection: Connection, name: str, seq: int) -> None:
    """Note how far it has come."""
    if not connection.execute(update(cursors).where(cursors.c.name == name).values(seq=seq)).rowcount:
        connection.execute(insert(cursors).values(name=name, seq=seq))

"""Run the steps on the connection, and in the transaction, of whoever asked for them."""

from alembic import context

from antifraud.store.people.schema import metadata

if __name__ == "env_py":  # so Alembic calls this file when it runs it; anyone else only imports it
    given = context.config.attributes
    context.configure(connection=given["connection"], target_metadata=metadata, version_table=given["version_table"])
    context.run_migrations()

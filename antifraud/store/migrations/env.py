"""Run the steps on the connection, and in the transaction, of whoever asked for them."""

from alembic import context

from antifraud.store.schema import metadata

if __name__ == "env_py":  # so Alembic calls this file when it runs it; anyone else only imports it
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    context.run_migrations()

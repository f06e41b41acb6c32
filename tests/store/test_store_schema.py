from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from store.engine import make_engine, transaction
from store.migrate import upgrade
from store.models import Base
from store.settings import Settings


def test_migrations_build_the_schema_of_the_models(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(database_url):
    upgrade(database_url)
    upgrade(database_url)


def test_sqlite_is_set_up_for_many_processes(database_url):
    engine = make_engine(database_url)
    with transaction(engine) as session:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [session.execute(text(f"PRAGMA {name}")).scalar() for name in asked]
    engine.dispose()
    assert found == ["wal", 1, 1, 10000]


def test_settings_accept_the_plain_and_the_prefixed_names(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///a")
    monkeypatch.setenv("LABMARK_REDIS_URL", "redis://b")
    monkeypatch.setenv("LABMARK_LEASE_S", "9")
    settings = Settings()
    assert (settings.database_url, settings.redis_url, settings.lease_s) == ("sqlite:///a", "redis://b", 9)
    assert Settings(database_url="sqlite:///c").database_url == "sqlite:///c"

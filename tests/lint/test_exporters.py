"""`up` of an exporter, where its server is meant, and where the exporter is."""

import pytest

from glassbox.lint.examples import as_alert, on_panel, together
from glassbox.lint.linting import judged


def messages(example):
    return [finding.message for finding in judged(example.corpus, select=("up-of-exporter",))]


@pytest.mark.parametrize(
    ("expr", "name", "text", "up"),
    [
        ('up{job="redis"} == 0', "RedisDown", "It is down.", "redis_up"),
        ('up{job="mysql"} == 0', "Down", "MySQL is down, and the queue grows.", "mysql_up"),
        ('up{job="postgres-exporter"} < 1', "PostgresDown", "PostgreSQL is down.", "pg_up"),
        ('sum(up{job=~".*redis.*"}) == 0 or absent(up{job=~".*redis.*"})', "Down", "Redis", "redis_up"),
        ('up{job=~"postgres|mysql|redis"} == 0', "DatabaseDown", "Database {{ $labels.job }} is down.", "pg_up"),
        ('up{job="shop-mongodb", env="prod"} != 1', "MongoDown", "", "mongodb_up"),
        ('up{job="pgbouncer"} == 0', "PgBouncerDown", "", "pgbouncer_up"),
    ],
)
def test_an_alert_on_a_server_that_asks_for_its_exporter_is_found(expr, name, text, up):
    (message,) = messages(as_alert(expr, annotations={"summary": text}, name=name))
    assert f"and {up} whether" in message


@pytest.mark.parametrize(
    ("expr", "name", "text"),
    [
        ('up{job="redis"} == 0', "RedisExporterDown", "Redis"),
        ('up{job="redis"} == 0', "RedisDown", "Prometheus cannot scrape Redis."),
        ('up{job="redis"} == 0', "RedisDown", "无法抓取 Redis"),
        ('up{job="redis"} == 0', "InstanceDown", "{{ $labels.instance }} is down."),
        ('up{job=~"redis|node"} == 0', "RedisDown", ""),
        ('up{job!="redis"} == 0', "RedisDown", ""),
        ('up{job="redis-operator"} == 0', "RedisDown", ""),
        ('up{job="predis"} == 0', "RedisDown", ""),
        ('up{job="rabbitmq"} == 0', "RabbitMQDown", ""),
        ('up{job="kafka"} == 0', "KafkaDown", ""),
        ('up{job=~"$job"} == 0', "RedisDown", ""),
        ('probe_success{job="redis"} == 0', "RedisDown", ""),
        ("up == 0", "RedisDown", ""),
        ("1", "RedisDown", ""),
        ("up{", "RedisDown", ""),
    ],
)
def test_an_alert_on_an_exporter_or_on_what_answers_itself_is_right(expr, name, text):
    assert messages(as_alert(expr, annotations={"summary": text}, name=name)) == []


def test_what_is_asked_beside_it_is_enough():
    down = as_alert('up{job="redis"} == 0', name="RedisDown")
    assert messages(together(down, as_alert("redis_up == 0", name="NoRedis"))) == []
    assert messages(together(down, as_alert("cnpg_collector_up == 0", name="NoPostgres"))) == []


@pytest.mark.parametrize(("title", "legend"), [("Redis Cache", ""), ("State", "Redis"), ("💾 Redis", "up")])
def test_a_panel_that_shows_an_exporter_as_its_server_is_found(title, legend):
    assert len(messages(on_panel('up{job="redis"}', legend, panel={"title": title, "type": "stat"}))) == 1


@pytest.mark.parametrize("title", ["Exporters", "Redis exporter", "Up", "Scrape targets: redis"])
def test_a_panel_of_exporters_is_right(title):
    assert messages(on_panel('up{job="redis"}', panel={"title": title, "type": "stat"})) == []


def test_hidden_queries_are_left_alone():
    assert messages(on_panel('up{job="redis"}', panel={"title": "Redis"}, hidden=True)) == []

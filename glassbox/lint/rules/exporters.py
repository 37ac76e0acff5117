"""What exporters say of themselves, taken for what they say of their servers."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.tree import SeriesNode

# Servers that answer no scrape, by how jobs are called: their names, and what their exporters say of them (oliver006/redis_exporter,
# prometheus/mysqld_exporter, prometheus-community/postgres_exporter, percona/mongodb_exporter, prometheus/memcached_exporter,
# prometheus-community/pgbouncer_exporter).
_SERVERS = (
    (re.compile(r"redis|valkey"), "Redis", "redis_up"),
    (re.compile(r"mysql|mariadb"), "MySQL", "mysql_up"),
    (re.compile(r"pgbouncer"), "PgBouncer", "pgbouncer_up"),
    (re.compile(r"postgres(?:ql)?"), "PostgreSQL", "pg_up"),
    (re.compile(r"mongo(?:db)?"), "MongoDB", "mongodb_up"),
    (re.compile(r"memcached?"), "Memcached", "memcached_up"),
)
# Of CloudNativePG the pod of the server itself answers.
_SAY_IT = frozenset({up for *_, up in _SERVERS} | {"cnpg_collector_up"})
# What may stand behind the name of a server in that of a job.
_PARTS_OF_SERVERS = frozenset({"exporter", "server", "db", "database", "metrics", "primary", "master", "replica"})
_ANY_SERVER = re.compile(r"database|cache|\bdb|数据库|缓存|база", re.IGNORECASE)
_OF_EXPORTER = re.compile(
    r"exporter|scrap|metric|target|monitor|prometheus|экспорт|метрик|抓取|采集|监控|指标", re.IGNORECASE
)
_TEXTS = ("summary", "description", "message", "title")


@lint_rule(
    "up-of-exporter",
    Severity.WARNING,
    title="Whether an exporter is up, where its server is meant",
    why="The server answers no scrape itself, so that `up` is that of its exporter: it stays 1 while the server is down.",
    fix="Ask for what the exporter says of its server, such as redis_up, mysql_up or pg_up, and for `up` beside it.",
    bad=as_alert('up{job="redis"} == 0', annotations={"summary": "Redis is down"}),
    good=as_alert('redis_up == 0 or up{job="redis"} == 0', annotations={"summary": "Redis is down"}),
)
def up_of_exporter(corpus: Corpus) -> Iterator[Defect]:
    """Of servers without an endpoint of their own, where a text, title or legend names them and no exporter or scrape, and nothing in the file asks what the exporter says."""
    asked = {query.location.file for name in _SAY_IT for query in corpus.series_read.get(name, ())}
    for query, texts in _named(corpus):
        if query.location.file in asked or _OF_EXPORTER.search(texts) or not query.series:
            continue
        servers = [_servers_of(series) for series in query.series]
        for server, name, up in servers[0] if all(servers) else ():
            if server.search(texts.lower()) or _ANY_SERVER.search(texts):
                message = f"{name} answers no scrape itself: `up` says whether its exporter is up, and {up} whether {name} is."
                yield in_query(query, message, "up")
                break


Server = tuple[re.Pattern[str], str, str]


def _named(corpus: Corpus) -> Iterator[tuple[Query, str]]:
    """Each query of alerts and panels, with what people read of it."""
    for alert in corpus.alerts:
        texts = [text for name, text in alert.annotations.items() if name.lower() in _TEXTS]
        yield alert.query, " ".join((alert.name, *texts))
    for panel in corpus.panels:
        yield from ((query, _titles(panel, query)) for query in panel.queries if not query.hidden)


def _titles(panel: BoardPanel, query: Query) -> str:
    return " ".join((panel.title, panel.description, query.legend))


def _servers_of(series: SeriesNode) -> list[Server]:
    """The servers whose `up` it reads by their job; none where it reads anything else too."""
    jobs = [each.value for each in series.matchers if (each.label, each.operator) in (("job", "="), ("job", "=~"))]
    if series.name != "up" or len(jobs) != 1 or series.either:
        return []
    found = [_server_of(job) for job in jobs[0].strip("^$()").split("|")]
    return [each for each in found if each] if all(found) else []


def _server_of(job: str) -> Server | None:
    words = re.split(r"[-_]", job.lower().removeprefix(".*").removesuffix(".*"))
    while len(words) > 1 and words[-1] in _PARTS_OF_SERVERS:
        words.pop()
    return next((each for each in _SERVERS if each[0].fullmatch(words[-1])), None)


RULES = (up_of_exporter,)

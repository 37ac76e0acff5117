import type { TimeRange } from '@grafana/data';
import { type DataSource, storedAnnotations } from '../api/grafana';
import { ask } from '../api/prometheus';
import type { AnnotationModel } from '../dashboard/model';
import type { Answer } from '../queries/answer';
import { seriesOf } from '../queries/answer';
import { fillTemplate } from '../queries/legend';
import { known } from '../queries/macros';
import { aligned } from '../queries/request';
import { DEFAULT_SCRAPE_MS, durationMs, intervalText, roundInterval } from '../queries/step';
import { asPromql, interpolate, type Lookup } from '../variables/interpolate';
import { source } from '../variables/sources';
import { type Event, toEvents } from './events';
import type { Mark } from './marks';

export interface Loading {
  models: AnnotationModel[];
  sources: DataSource[];
  lookup: Lookup;
  range: TimeRange;
}

const DEFAULT_STEP_MS = 60_000;
const MAX_POINTS = 11_000;
const DEFAULT_COLOR = 'rgba(0, 211, 255, 1)';

/** The marks of all these annotation queries; one that fails leaves no marks, as in Grafana. */
export async function loadMarks({ models, ...rest }: Loading): Promise<Mark[]> {
  const loaded = await Promise.all(models.map((model) => loadOf(model, rest)));
  return loaded.flat().sort((a, b) => a.time - b.time);
}

async function loadOf(model: AnnotationModel, rest: Omit<Loading, 'models'>): Promise<Mark[]> {
  const { ids, exclude } = model.filter ?? {};
  const panels = ids?.length ? { ids, exclude } : undefined;
  return load(model, rest).then(
    (marks) => marks.map((mark) => ({ ...mark, panels })),
    () => [],
  );
}

const load = (model: AnnotationModel, rest: Omit<Loading, 'models'>): Promise<Mark[]> =>
  typeof model.datasource === 'object' && model.datasource?.type === 'grafana'
    ? stored(model, rest)
    : queriedMarks(model, rest);

async function stored(
  { name = '', iconColor = DEFAULT_COLOR, target }: AnnotationModel,
  { range, lookup }: Omit<Loading, 'models'>,
): Promise<Mark[]> {
  const tags = (target?.tags ?? []).map((tag) => interpolate(tag, lookup));
  const found = await storedAnnotations(range.from.valueOf(), range.to.valueOf(), tags, target?.matchAny ?? false);
  return found.map(({ time, timeEnd, text = '', tags: own = [] }) => ({
    time,
    timeEnd: timeEnd === time ? undefined : timeEnd,
    title: name,
    text,
    tags: own,
    color: iconColor,
    source: name,
  }));
}

async function queriedMarks(
  model: AnnotationModel,
  { sources, lookup, range }: Omit<Loading, 'models'>,
): Promise<Mark[]> {
  const template = model.target?.expr ?? model.expr ?? '';
  if (!template.trim()) return [];
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  const step = durationMs(model.target?.interval ?? model.step ?? '') ?? DEFAULT_STEP_MS;
  const stepMs = Math.max(step, roundInterval((to - from) / MAX_POINTS));
  const macros = known(
    new Map([
      ['__interval', intervalText(stepMs)],
      ['__rate_interval', intervalText(Math.max(4 * DEFAULT_SCRAPE_MS, stepMs))],
    ]),
  );
  const query = interpolate(template, (name, path) => macros(name, path) ?? lookup(name, path), asPromql);
  const [start, end] = aligned(from, to, stepMs);
  const { uid } = source(model.datasource, sources, lookup);
  const parameters: [string, string][] = [
    ['query', query],
    ['start', `${start}`],
    ['end', `${end}`],
    ['step', `${stepMs / 1000}`],
  ];
  const answer = await ask<Answer>({ uid, path: 'query_range', parameters });
  return eventsOf(answer, model, stepMs);
}

function eventsOf(answer: Answer, model: AnnotationModel, stepMs: number): Mark[] {
  const { name = '', iconColor = DEFAULT_COLOR, titleFormat = '', textFormat = '', tagKeys = '' } = model;
  return seriesOf(answer).flatMap(({ labels, samples }) => {
    const events: Event[] = model.useValueForTime
      ? [...new Set(samples.map(([, value]) => value))].map((time) => ({ time }))
      : toEvents(samples, stepMs);
    const tags = tagKeys.split(',').flatMap((key) => (Object.hasOwn(labels, key) ? [labels[key] ?? ''] : []));
    const title = fillTemplate(titleFormat || name, labels, 'name');
    const text = fillTemplate(textFormat, labels, 'name');
    return events.map((event) => ({ ...event, title, text, tags, color: iconColor, source: name }));
  });
}

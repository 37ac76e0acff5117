import type { PrometheusCall } from '../api/prometheus';
import type { Target } from '../dashboard/model';
import type { Lookup, Writer } from '../variables/interpolate';
import { interpolate } from '../variables/interpolate';
import { queryMacros } from './macros';
import { browserIntervalMs, queryStep, type Step } from './step';

export interface Timing {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  maxDataPoints: number;
  /** The panel's own minimum interval replaces the data source's, also downwards. */
  panelIntervalMs?: number;
  scrapeMs: number;
  /** Of the dashboard's time zone, for days that begin at its midnight. */
  utcOffsetSeconds?: number;
}

export interface Request extends PrometheusCall {
  kind: 'range' | 'instant';
  refId: string;
  expr: string;
  /** Missing for an instant query. */
  stepMs?: number;
}

/** The step of a target, as Grafana's browser and server part find it together. */
export function stepOf(target: Target, timing: Timing): Step {
  const { from, to, maxDataPoints, scrapeMs } = timing;
  const rangeMs = to - from;
  const intervalMs = browserIntervalMs(rangeMs, maxDataPoints, timing.panelIntervalMs ?? scrapeMs);
  return queryStep({
    rangeMs,
    maxDataPoints,
    intervalMs,
    scrapeMs,
    minStep: target.interval,
    intervalFactor: target.intervalFactor,
  });
}

/** The requests of a target: a range, an instant, or both, with the times and the step that Grafana would use. */
export function requestsOf(target: Target, uid: string, timing: Timing, lookup: Lookup, write: Writer): Request[] {
  if (target.hide || !target.expr?.trim()) return [];
  const step = stepOf(target, timing);
  const macros = queryMacros(timing.to - timing.from, step);
  const expr = interpolate(target.expr, (name, path) => macros(name, path) ?? lookup(name, path), write);
  const requests: Request[] = [];
  if (target.range || !target.instant) requests.push(rangeRequest(target.refId, uid, expr, timing, step.stepMs));
  if (target.instant) {
    const refId = target.range ? `${target.refId}-Instant` : target.refId;
    const time = String(timing.to / 1000);
    requests.push({
      kind: 'instant',
      refId,
      expr,
      uid,
      path: 'query',
      parameters: [
        ['query', expr],
        ['time', time],
      ],
    });
  }
  return requests;
}

function rangeRequest(refId: string, uid: string, expr: string, timing: Timing, stepMs: number): Request {
  const [start, end] = aligned(timing.from, timing.to, stepMs, timing.utcOffsetSeconds);
  const parameters: [string, string][] = [
    ['query', expr],
    ['start', String(start)],
    ['end', String(end)],
    ['step', String(stepMs / 1000)],
  ];
  return { kind: 'range', refId, expr, stepMs, uid, path: 'query_range', parameters };
}

/** Start and end in seconds, both cut to a multiple of the step, so that every refresh asks for the same points. */
export function aligned(from: number, to: number, stepMs: number, utcOffsetSeconds = 0): [start: number, end: number] {
  const offsetMs = utcOffsetSeconds * 1000;
  const cut = (ms: number): number => (Math.floor((ms + offsetMs) / stepMs) * stepMs - offsetMs) / 1000;
  return [cut(from), cut(to)];
}

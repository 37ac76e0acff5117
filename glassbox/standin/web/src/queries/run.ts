import type { DataFrame } from '@grafana/data';
import type { DataSource } from '../api/grafana';
import { ask } from '../api/prometheus';
import type { Panel, Target } from '../dashboard/model';
import { asPromql, asText, interpolate, type Lookup } from '../variables/interpolate';
import { kindOf, PROMETHEUS, source } from '../variables/sources';
import type { Answer } from './answer';
import { seriesOf } from './answer';
import { framesOf } from './frames';
import { type Request, requestsOf } from './request';
import { DEFAULT_SCRAPE_MS, durationMs } from './step';

/** One request and its answer, as the inspector shows them. */
export interface SentRequest {
  request: Request;
  durationMs: number;
  answer?: Answer;
  error?: string;
}

export interface RunResult {
  frames: DataFrame[];
  requests: SentRequest[];
}

export interface QueryContext {
  sources: DataSource[];
  lookup: Lookup;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Where the panel does not say: its width in pixels. */
  maxDataPoints: number;
}

/** Run all queries of a panel; a query that fails carries its error, and the others are still answered. */
export async function run(panel: Panel, context: QueryContext): Promise<RunResult> {
  const targets = (panel.targets ?? []).filter(
    (target) => !target.hide && (target.expr?.trim() || kindOf(target.datasource ?? panel.datasource) !== PROMETHEUS),
  );
  const tables = targets.filter(({ format }) => format === 'table').length;
  const valueName = ({ refId }: Target): string => (tables > 1 ? `Value #${refId}` : 'Value');
  const results = await Promise.all(targets.map((target) => runTarget(panel, target, valueName(target), context)));
  return { frames: results.flatMap(({ frames }) => frames), requests: results.flatMap(({ requests }) => requests) };
}

async function runTarget(panel: Panel, target: Target, valueName: string, context: QueryContext): Promise<RunResult> {
  try {
    return await answered(panel, target, valueName, context);
  } catch (reason) {
    const { refId, expr = '' } = target;
    const request: Request = { kind: 'range', refId, expr, uid: '', path: 'query_range', parameters: [] };
    return { frames: [], requests: [{ request, error: (reason as Error).message, durationMs: 0 }] };
  }
}

async function answered(panel: Panel, target: Target, valueName: string, context: QueryContext): Promise<RunResult> {
  const { sources, lookup, from, to } = context;
  const { uid, jsonData } = source(target.datasource ?? panel.datasource, sources, lookup);
  const timing = {
    from,
    to,
    maxDataPoints: panel.maxDataPoints ?? context.maxDataPoints,
    panelIntervalMs: panel.interval ? durationMs(interpolate(panel.interval, lookup)) : undefined,
    scrapeMs: durationMs(jsonData?.timeInterval ?? '') ?? DEFAULT_SCRAPE_MS,
  };
  const filled = { ...target, interval: target.interval && interpolate(target.interval, lookup) };
  const requests = await Promise.all(requestsOf(filled, uid, timing, lookup, asPromql).map(send));
  const legendFormat = target.legendFormat && interpolate(target.legendFormat, lookup, asText);
  const frames = requests.flatMap(({ request, answer }) => {
    const shape = {
      refId: target.refId,
      format: target.format,
      legendFormat,
      expr: request.expr,
      valueName,
      stepMs: request.stepMs,
    };
    return answer ? framesOf(seriesOf(answer), shape) : [];
  });
  return { frames, requests };
}

async function send(request: Request): Promise<SentRequest> {
  const began = performance.now();
  try {
    const answer = await ask<Answer>(request);
    return { request, answer, durationMs: performance.now() - began };
  } catch (reason) {
    return { request, error: (reason as Error).message, durationMs: performance.now() - began };
  }
}

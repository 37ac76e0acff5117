import type { DataFrame } from '@grafana/data';
import type { DataSource } from '../api/grafana';
import { ask } from '../api/prometheus';
import type { Panel, Target } from '../dashboard/model';
import { asPromql, asText, interpolate, type Lookup } from '../variables/interpolate';
import { source } from '../variables/sources';
import type { Answer } from './answer';
import { seriesOf } from './answer';
import { framesOf } from './frames';
import { type Request, requestsOf } from './request';
import { DEFAULT_SCRAPE_MS, durationMs } from './step';

/** One request as the inspector shows it. */
export interface Asked {
  request: Request;
  durationMs: number;
  answer?: Answer;
  error?: string;
}

export interface Ran {
  frames: DataFrame[];
  asked: Asked[];
}

export interface Asking {
  sources: DataSource[];
  lookup: Lookup;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Where the panel does not say: its width in pixels. */
  maxDataPoints: number;
}

/** Ask everything that a panel asks; what fails carries its error, and the other queries are still answered. */
export async function run(panel: Panel, asking: Asking): Promise<Ran> {
  const targets = (panel.targets ?? []).filter((target) => !target.hide && target.expr?.trim());
  const tables = targets.filter(({ format }) => format === 'table').length;
  const valueName = ({ refId }: Target): string => (tables > 1 ? `Value #${refId}` : 'Value');
  const results = await Promise.all(targets.map((target) => runTarget(panel, target, valueName(target), asking)));
  return { frames: results.flatMap(({ frames }) => frames), asked: results.flatMap(({ asked }) => asked) };
}

async function runTarget(panel: Panel, target: Target, valueName: string, asking: Asking): Promise<Ran> {
  const { sources, lookup, from, to } = asking;
  const { uid, jsonData } = source(target.datasource ?? panel.datasource, sources, lookup);
  const timing = {
    from,
    to,
    maxDataPoints: panel.maxDataPoints ?? asking.maxDataPoints,
    panelIntervalMs: panel.interval ? durationMs(interpolate(panel.interval, lookup)) : undefined,
    scrapeMs: durationMs(jsonData?.timeInterval ?? '') ?? DEFAULT_SCRAPE_MS,
  };
  const filled = { ...target, interval: target.interval && interpolate(target.interval, lookup) };
  const asked = await Promise.all(requestsOf(filled, uid, timing, lookup, asPromql).map(send));
  const legendFormat = target.legendFormat && interpolate(target.legendFormat, lookup, asText);
  const frames = asked.flatMap(({ request, answer }) => {
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
  return { frames, asked };
}

async function send(request: Request): Promise<Asked> {
  const began = performance.now();
  try {
    const answer = await ask<Answer>(request);
    return { request, answer, durationMs: performance.now() - began };
  } catch (reason) {
    return { request, error: (reason as Error).message, durationMs: performance.now() - began };
  }
}

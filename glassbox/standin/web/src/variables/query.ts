import type { Labels } from '@grafana/data';
import type { PrometheusCall } from '../api/prometheus';
import { type Answer, seriesOf } from '../queries/answer';
import { seriesText } from '../queries/legend';

/** Grafana's limit on what a variable lists. */
const LIMIT = '40000';
const MINUTE_MS = 60_000;

interface VariableQuery extends Omit<PrometheusCall, 'uid'> {
  read: (data: unknown) => string[];
}

const names = (data: unknown): string[] => data as string[];

/**
 * What a variable's query asks of Prometheus over the time range (milliseconds), and how to read the answer.
 * Source: Grafana's Prometheus documentation, "Query variable": label_values, label_names, metrics, query_result, else series.
 */
export function variableQuery(query: string, from: number, to: number): VariableQuery {
  const span = timeSpan(from, to);
  const text = query.trim();
  const values = /^label_values\((?:([\s\S]+),\s*)?([a-zA-Z_$][\w.$]*)\s*\)\s*$/.exec(text);
  if (values) return labelValues(values[2] ?? '', values[1]?.trim(), span);
  const labels = /^label_names\((.*)\)\s*$/.exec(text);
  if (labels) return labelNames(labels[1]?.trim() ?? '', span);
  const metrics = /^metrics\((.*)\)\s*$/.exec(text);
  if (metrics) return labelValues('__name__', `{__name__=~"${metrics[1]}"}`, span);
  const result = /^query_result\(([\s\S]*)\)\s*$/.exec(text);
  if (result) return queryResult(result[1] ?? '', to);
  return {
    path: 'series',
    parameters: [['match[]', text], ...span],
    read: (data) => (data as Labels[]).map(seriesText),
  };
}

/** To the minute around the range, as Grafana's default cache level has it. */
function timeSpan(from: number, to: number): [string, string][] {
  const start = (Math.floor(from / MINUTE_MS) * MINUTE_MS) / 1000;
  const end = (Math.ceil(to / MINUTE_MS) * MINUTE_MS) / 1000;
  return [
    ['start', String(start)],
    ['end', String(end)],
    ['limit', LIMIT],
  ];
}

function labelValues(label: string, selector: string | undefined, span: [string, string][]): VariableQuery {
  const match: [string, string][] = selector && selector !== '{}' ? [['match[]', selector]] : [];
  return { path: `label/${encodeURIComponent(label)}/values`, parameters: [...match, ...span], read: names };
}

function labelNames(pattern: string, span: [string, string][]): VariableQuery {
  const match: [string, string][] = pattern ? [['match[]', `{__name__=~".*${pattern}.*"}`]] : [];
  return {
    path: 'labels',
    parameters: [...match, ...span],
    read: (data) => names(data).filter((name) => name !== '__name__'),
  };
}

function queryResult(expr: string, to: number): VariableQuery {
  return {
    path: 'query',
    parameters: [
      ['query', expr],
      ['time', String(Math.ceil(to / 1000))],
    ],
    read: (data) => {
      const answer = data as Answer;
      if (answer.resultType === 'scalar') return [String((answer.result as [number, string])[1])];
      return seriesOf(answer).map(
        ({ labels, samples }) => `${seriesText(labels)} ${samples[0]?.[1]} ${samples[0]?.[0]}`,
      );
    },
  };
}

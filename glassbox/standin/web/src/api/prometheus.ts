import type { Labels } from '@grafana/data';
import type { Answer } from '../queries/answer';
import { fetchJson } from './http';

export interface PrometheusCall {
  /** Of the data source that answers. */
  uid: string;
  /** Below `/api/v1/`. */
  path: string;
  parameters: [name: string, value: string][];
}

/** Above this a GET's address may be refused on the way. */
const LONGEST_ADDRESS = 4000;

const underWay = new Map<string, Promise<unknown>>();

/** Ask a Prometheus through our server. Equal calls that are under way share one answer. */
export function ask<T>({ uid, path, parameters }: PrometheusCall): Promise<T> {
  const address = `/api/datasources/proxy/uid/${encodeURIComponent(uid)}/api/v1/${path}`;
  const form = new URLSearchParams(parameters);
  const key = `${address}?${form}`;
  const shared = underWay.get(key);
  if (shared) return shared as Promise<T>;
  const asked = (
    key.length > LONGEST_ADDRESS
      ? fetchJson<{ data: T }>(address, { method: 'POST', body: form })
      : fetchJson<{ data: T }>(key)
  )
    .then(({ data }) => data)
    .finally(() => underWay.delete(key));
  underWay.set(key, asked);
  return asked;
}

export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  rules: Rule[];
}

export interface Rule {
  name: string;
  type: 'alerting' | 'recording';
  query: string;
  state?: 'inactive' | 'pending' | 'firing';
  duration?: number;
  labels?: Labels;
  annotations?: Record<string, string>;
  health?: string;
  lastError?: string;
  alerts?: ActiveAlert[];
}

export interface ActiveAlert {
  state: 'pending' | 'firing';
  activeAt: string;
  labels: Labels;
  annotations?: Record<string, string>;
  value: string;
}

export const rules = (uid: string): Promise<{ groups: RuleGroup[] }> => ask({ uid, path: 'rules', parameters: [] });
export const query = (uid: string, parameters: [string, string][]): Promise<Answer> =>
  ask({ uid, path: 'query', parameters });

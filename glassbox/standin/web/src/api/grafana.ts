import type { Dashboard } from '../dashboard/model';
import { fetchJson } from './http';

export interface Hit {
  uid: string;
  title: string;
  url: string;
  folderUid?: string;
  folderTitle?: string;
  tags: string[];
}

export interface DataSource {
  uid: string;
  name: string;
  type: string;
  isDefault?: boolean;
  jsonData?: { timeInterval?: string; httpMethod?: string };
}

export interface PushedRule {
  uid: string;
  title: string;
  ruleGroup: string;
  folderUID: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  isPaused?: boolean;
}

/** An annotation stored in Grafana; times in milliseconds. */
export interface StoredAnnotation {
  time: number;
  timeEnd?: number;
  text?: string;
  tags?: string[];
}

export const search = (): Promise<Hit[]> => fetchJson('/api/search?type=dash-db');
/** What each dashboard is for, by uid. */
export const descriptions = (): Promise<Record<string, string>> => fetchJson('/standin/descriptions');
export const folders = (): Promise<{ uid: string; title: string }[]> => fetchJson('/api/folders');
export const dataSources = (): Promise<DataSource[]> => fetchJson('/api/datasources');
export const pushedRules = (): Promise<PushedRule[]> => fetchJson('/api/v1/provisioning/alert-rules');

export async function dashboard(uid: string): Promise<Dashboard> {
  const answer = await fetchJson<{ dashboard: Dashboard }>(`/api/dashboards/uid/${encodeURIComponent(uid)}`);
  return answer.dashboard;
}

export function storedAnnotations(
  from: number,
  to: number,
  tags: string[],
  matchAny: boolean,
): Promise<StoredAnnotation[]> {
  const parameters = new URLSearchParams({ from: String(from), to: String(to), matchAny: String(matchAny) });
  for (const tag of tags) parameters.append('tags', tag);
  return fetchJson(`/api/annotations?${parameters}`);
}

import { useEffect, useState } from 'react';
import { fetchJson } from '../api/http';
import { href } from './location';

export interface Failure {
  message: string;
  file?: string;
  line?: number;
}

export interface Status {
  version?: string;
  prometheus_url?: string;
  generation?: number;
  error?: Failure | null;
}

export interface Live {
  generation: number;
  failure: Failure | undefined;
}

/** Of the content when the server sent this page: what it fetches is as new, or newer. */
const FIRST = Number(document.querySelector<HTMLMetaElement>('meta[name="generation"]')?.content ?? 0);

/**
 * Follow the server: new content raises the generation, an error stays until content comes again. A picture does not
 * follow: its browser waits until nothing is under way.
 */
export function useLive(follow: boolean): Live {
  const [live, setLive] = useState<Live>({ generation: FIRST, failure: undefined });
  useEffect(() => {
    const began = (status: Status): void => setLive((now) => ({ ...now, failure: status.error ?? undefined }));
    fetchJson<Status>('/standin/status').then(began, () => undefined);
    if (!follow) return;
    const events = new EventSource(href('/standin/events'));
    events.addEventListener('content', ({ data }) => setLive({ generation: generationOf(data), failure: undefined }));
    events.addEventListener('error', (event) => {
      const failure = event instanceof MessageEvent ? parsed<Failure>(event.data) : undefined;
      if (failure) setLive((now) => ({ ...now, failure }));
    });
    return () => events.close();
  }, [follow]);
  return live;
}

const generationOf = (data: string): number => parsed<{ generation?: number }>(data)?.generation ?? 0;

function parsed<T>(data: string): T | undefined {
  try {
    return JSON.parse(data) as T;
  } catch {
    return undefined;
  }
}

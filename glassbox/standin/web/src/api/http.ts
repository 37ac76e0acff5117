import { BASE_PATH } from '../app/base';

/** What a server said instead of an answer: one sentence. */
export class RequestError extends Error {}

/** Parse a JSON answer of our own server; `path` begins with a slash. Throws RequestError with the server's own words. */
export async function fetchJson<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`${BASE_PATH}${path}`, init).catch((reason: unknown) => {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    throw new RequestError('The server of this page does not answer: check that it is still running.');
  });
  const body = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined)
    throw new RequestError(sentence(body) ?? `${path} answered ${response.status}.`);
  return body as T;
}

/** The server's words: Prometheus says `error`, Grafana `message`. */
function sentence(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, message } = body as Record<string, unknown>;
  return typeof error === 'string' && error ? error : typeof message === 'string' && message ? message : undefined;
}

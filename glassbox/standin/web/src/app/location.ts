import { useSyncExternalStore } from 'react';
import { BASE_PATH } from './base';

export interface Place {
  /** Below the base path: `/d/uid/slug`. */
  path: string;
  parameters: URLSearchParams;
}

const listeners = new Set<() => void>();
let place = read();

function read(): Place {
  const { pathname, search } = window.location;
  const path = pathname.startsWith(BASE_PATH) ? pathname.slice(BASE_PATH.length) : pathname;
  return { path: path || '/', parameters: new URLSearchParams(search) };
}

function changed(): void {
  place = read();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where the page is; the address is the only state that outlives a reload. */
export const usePlace = (): Place => useSyncExternalStore(subscribe, () => place);

/** Go to an address of this page; `replace` leaves no entry in the history. */
export function go(address: string, { replace = false } = {}): void {
  window.history[replace ? 'replaceState' : 'pushState'](null, '', address);
  changed();
}

/** The address of a path of ours. */
export const href = (path: string): string => `${BASE_PATH}${path}`;

/** Change some parameters of the address and keep the others; undefined takes one away. */
export function setParameters(
  changes: Record<string, string | string[] | undefined>,
  options?: { replace?: boolean },
): void {
  const parameters = new URLSearchParams(place.parameters);
  for (const [name, value] of Object.entries(changes)) {
    parameters.delete(name);
    for (const one of value === undefined ? [] : [value].flat()) parameters.append(name, one);
  }
  go(`${href(place.path)}${parameters.size ? `?${parameters}` : ''}`, options);
}

/** Stay on the page when a link of ours is clicked: dashboards, their links and the links in tables. */
export function followLinks(): void {
  window.addEventListener('popstate', changed);
  document.addEventListener('click', (event) => {
    const anchor = (event.target as Element | null)?.closest?.('a[href]');
    if (!anchor || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    // In drawings the properties of links are not texts.
    const address = anchor.getAttribute('href') ?? '';
    if (!URL.canParse(address, document.baseURI)) return;
    const target = new URL(address, document.baseURI);
    const frame = anchor.getAttribute('target');
    const ours = target.origin === window.location.origin && isPage(target.pathname);
    if (!ours || (frame && frame !== '_self')) return;
    event.preventDefault();
    go(target.pathname + target.search);
    window.scrollTo(0, 0);
  });
}

const isPage = (pathname: string): boolean =>
  /^\/(d\/|dashboards|alerts|alerting|$)/.test(pathname.slice(BASE_PATH.length) || '/');

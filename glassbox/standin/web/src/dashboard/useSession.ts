import { getTimeZone } from '@grafana/data';
import { useEffect, useRef, useState } from 'react';
import { loadMarks } from '../annotations/load';
import type { Mark } from '../annotations/marks';
import { isEnabled } from '../annotations/switches';
import { type DataSource, dataSources, dashboard as fetchDashboard } from '../api/grafana';
import { useApp } from '../app/context';
import { usePlace } from '../app/location';
import { useBusy } from '../app/ready';
import { resolve } from '../variables/resolve';
import type { Variables } from '../variables/state';
import type { Dashboard } from './model';
import { normalised } from './normalise';
import { parseTime, rangeBetween } from './range';
import { lookupFor, type Session } from './session';

const DEFAULT_FROM = 'now-6h';
/** Where the server says that there first was data, in milliseconds since 1970. */
const SINCE = document.querySelector<HTMLMetaElement>('meta[name="since"]')?.content;
const DEFAULT_TO = 'now';

interface Loaded {
  uid: string;
  dashboard: Dashboard;
  sources: DataSource[];
}

interface Fetched {
  loaded?: Loaded;
  error?: string;
  generation?: number;
}

/** Fetch a dashboard again whenever the server has new content. */
function useDashboard(uid: string): Fetched {
  const { generation } = useApp();
  const [state, setState] = useState<Fetched>({});
  useBusy(state.generation !== generation);
  useEffect(() => {
    let live = true;
    Promise.all([fetchDashboard(uid), dataSources()])
      .then(([dashboard, sources]) => ({ loaded: { uid, dashboard: normalised(dashboard), sources } }))
      .catch((reason: Error) => ({ error: reason.message }))
      .then((got) => live && setState({ ...got, generation }));
    return () => {
      live = false;
    };
  }, [uid, generation]);
  return state.loaded && state.loaded.uid !== uid ? {} : state;
}

interface Settled {
  session?: Session;
  error?: string;
  /** What it was made of. */
  loaded?: Loaded;
  wanted?: string;
  tick?: number;
}

/**
 * The session of a dashboard: its range, variables and annotations as the address has them. It is replaced as a whole once
 * everything in it is settled, so panels never see half of a change. `tick` grows with each refresh.
 */
export function useDashboardSession(uid: string, tick: number): { session?: Session; marks: Mark[]; error?: string } {
  const { loaded, error } = useDashboard(uid);
  const { parameters } = usePlace();
  const [state, setState] = useState<Settled>({});
  const revision = useRef(0);
  const wanted = sessionKey(parameters);
  useBusy(loaded !== undefined && (state.loaded !== loaded || state.wanted !== wanted || state.tick !== tick));
  useEffect(() => {
    if (!loaded) return;
    let live = true;
    settle(loaded, parameters)
      .then((settled) => ({ session: { ...settled, revision: ++revision.current } }))
      .catch((reason: Error) => ({ error: reason.message }))
      .then((got) => live && setState({ ...got, loaded, wanted, tick }));
    return () => {
      live = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- of the address only what belongs to the session counts
  }, [loaded, wanted, tick]);
  const session = state.session?.uid === uid ? state.session : undefined;
  return { session, marks: useMarks(session, parameters), error: error ?? state.error };
}

/** The part of the address that a session is made from. */
function sessionKey(parameters: URLSearchParams): string {
  return [...parameters].filter(([name]) => /^(from|to|timezone|var-.*|annotation-.*)$/.test(name)).join('&');
}

async function settle(
  { uid, dashboard, sources }: Loaded,
  parameters: URLSearchParams,
): Promise<Omit<Session, 'revision'>> {
  const timeZone = timeZoneOf(parameters, dashboard);
  const from = parseTime(parameters.get('from'), SINCE ?? dashboard.time?.from ?? DEFAULT_FROM);
  const to = parseTime(parameters.get('to'), dashboard.time?.to ?? DEFAULT_TO);
  const range = rangeBetween(from, to, timeZone);
  const lookup = (variables: Variables) => lookupFor(uid, dashboard, variables, range, timeZone);
  const variables = await resolve({
    models: dashboard.templating?.list ?? [],
    sources,
    from: range.from.valueOf(),
    to: range.to.valueOf(),
    wished: (name) => fromAddress(parameters, name),
    lookup,
  });
  return { uid, dashboard, sources, variables, range, timeZone, lookup: lookup(variables) };
}

/** The values of `var-name`; All is written as `All` or `$__all`. */
function fromAddress(parameters: URLSearchParams, name: string): string[] | undefined {
  if (!parameters.has(`var-${name}`)) return undefined;
  const values = parameters.getAll(`var-${name}`);
  return values[0] === 'All' ? ['$__all'] : values;
}

function timeZoneOf(parameters: URLSearchParams, { timezone }: Dashboard): string {
  return getTimeZone({ timeZone: parameters.get('timezone') || timezone || 'browser' });
}

const NONE: Mark[] = [];

/** Annotations come after the panels have begun to ask: they are drawn over what is there. */
function useMarks(session: Session | undefined, parameters: URLSearchParams): Mark[] {
  const [state, setState] = useState<{ marks: Mark[]; revision?: number }>({ marks: NONE });
  const revision = session?.revision;
  useBusy(state.revision !== revision);
  useEffect(() => {
    if (!session) return;
    let live = true;
    const models = (session.dashboard.annotations?.list ?? []).filter((model) => isEnabled(model, parameters));
    loadMarks({ models, ...session })
      .catch(() => [])
      .then((loaded) => live && setState({ marks: loaded.length ? loaded : NONE, revision }));
    return () => {
      live = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each revision
  }, [revision]);
  return state.marks;
}

import { getTimeZone } from '@grafana/data';
import { useEffect, useRef, useState } from 'react';
import { loadMarks } from '../annotations/load';
import type { Mark } from '../annotations/marks';
import { isEnabled } from '../annotations/switches';
import { type DataSource, dataSources, dashboard as fetchDashboard } from '../api/grafana';
import { useApp } from '../app/context';
import { usePlace } from '../app/location';
import { begin } from '../app/ready';
import { resolve } from '../variables/resolve';
import type { Variables } from '../variables/state';
import type { Dashboard } from './model';
import { normalised } from './normalise';
import { parseTime, rangeBetween } from './range';
import { lookupFor, type Session } from './session';

const DEFAULT_FROM = 'now-6h';
const DEFAULT_TO = 'now';

interface Loaded {
  uid: string;
  dashboard: Dashboard;
  sources: DataSource[];
}

/** Fetch a dashboard again whenever the server has new content. */
function useDashboard(uid: string): { loaded?: Loaded; error?: string } {
  const { generation } = useApp();
  const [state, setState] = useState<{ loaded?: Loaded; error?: string }>({});
  // A new generation is a reason to fetch.
  useEffect(() => {
    let live = true;
    const done = begin();
    Promise.all([fetchDashboard(uid), dataSources()])
      .then(([dashboard, sources]) => live && setState({ loaded: { uid, dashboard: normalised(dashboard), sources } }))
      .catch((reason: Error) => live && setState({ error: reason.message }))
      .finally(done);
    return () => {
      live = false;
      done();
    };
  }, [uid, generation]);
  return state.loaded && state.loaded.uid !== uid ? {} : state;
}

/**
 * The session of a dashboard: its range, variables and annotations as the address has them. It is replaced as a whole once
 * everything in it is settled, so panels never see half of a change. `tick` grows with each refresh.
 */
export function useDashboardSession(uid: string, tick: number): { session?: Session; marks: Mark[]; error?: string } {
  const { loaded, error } = useDashboard(uid);
  const { parameters } = usePlace();
  const [session, setSession] = useState<Session>();
  const revision = useRef(0);
  const wanted = sessionKey(parameters);
  useEffect(() => {
    if (!loaded) return;
    let live = true;
    const done = begin();
    settle(loaded, parameters)
      .then((settled) => {
        if (!live) return;
        revision.current += 1;
        setSession({ ...settled, revision: revision.current });
      })
      .finally(done);
    return () => {
      live = false;
      done();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- of the address only what belongs to the session counts
  }, [loaded, wanted, tick]);
  const current = session?.uid === uid ? session : undefined;
  return { session: current, marks: useMarks(current, parameters), error };
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
  const from = parseTime(parameters.get('from'), dashboard.time?.from ?? DEFAULT_FROM);
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
  const [marks, setMarks] = useState(NONE);
  const revision = session?.revision;
  useEffect(() => {
    if (!session) return;
    let live = true;
    const done = begin();
    const models = (session.dashboard.annotations?.list ?? []).filter((model) => isEnabled(model, parameters));
    loadMarks({ models, ...session })
      .then((loaded) => live && setMarks(loaded.length ? loaded : NONE))
      .finally(done);
    return () => {
      live = false;
      done();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each revision
  }, [revision]);
  return marks;
}

import type { TimeRange } from '@grafana/data';
import { createContext, useContext } from 'react';
import type { Mark } from '../annotations/marks';
import type { DataSource } from '../api/grafana';
import { browserIntervalMs, durationMs, intervalText } from '../queries/step';
import type { Lookup } from '../variables/interpolate';
import { dashboardLookup } from '../variables/lookup';
import { AUTO } from '../variables/options';
import type { Variables } from '../variables/state';
import type { Dashboard, Panel, VariableModel } from './model';
import { rawText } from './range';

/** What all panels of the open dashboard share. */
export interface Session {
  uid: string;
  dashboard: Dashboard;
  sources: DataSource[];
  variables: Variables;
  range: TimeRange;
  timeZone: string;
  lookup: Lookup;
  /** Grows with every change that panels must ask again for. */
  revision: number;
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** The open dashboard; only below a SessionContext. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('No dashboard is open here.');
  return session;
}

/** What happened, drawn over the graphs; apart from the session, since it comes later and only graphs need it. */
export const MarksContext = createContext<Mark[]>([]);

/** What names mean on a dashboard at a time. */
export function lookupFor(
  uid: string,
  dashboard: Dashboard,
  variables: Variables,
  range: TimeRange,
  timeZone: string,
): Lookup {
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  return dashboardLookup(variables, {
    dashboardTitle: dashboard.title ?? '',
    dashboardUid: uid,
    from,
    to,
    rawFrom: rawText(range.raw.from),
    rawTo: rawText(range.raw.to),
    timeZone,
    autoInterval: (name) => {
      const model = variables.get(name)?.model;
      return variables.get(name)?.chosen[0] === AUTO && model ? autoInterval(model, to - from) : '';
    },
  });
}

const AUTO_COUNT = 30;
const AUTO_MIN = '10s';

/** The interval that splits the range into `auto_count` parts, and no finer than `auto_min`. */
function autoInterval({ auto_count = AUTO_COUNT, auto_min = AUTO_MIN }: VariableModel, rangeMs: number): string {
  return intervalText(browserIntervalMs(rangeMs, auto_count, durationMs(auto_min) ?? 0));
}

/** The lookup of one panel: what a repeat has fixed for it comes first, and stays escaped like the variable itself. */
export function panelLookup(
  { lookup, variables }: Pick<Session, 'lookup' | 'variables'>,
  { repeated = [] }: Panel,
): Lookup {
  const fixed = new Map(repeated.map((one) => [one.name, one]));
  return (name, path) => {
    const own = fixed.get(name);
    if (!own) return lookup(name, path);
    const model = variables.get(name)?.model;
    return {
      name,
      value: model?.multi || model?.includeAll ? [own.value] : own.value,
      text: own.text,
      urlValues: [own.value],
    };
  };
}

import type { Lookup } from './interpolate';
import { interpolate } from './interpolate';
import { toKnown, type Variables } from './state';

/** What the page itself knows, besides the dashboard's variables. */
export interface Surroundings {
  dashboardTitle: string;
  dashboardUid: string;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** As the URL writes them: `now-1h`. */
  rawFrom: string;
  rawTo: string;
  timeZone: string;
  /** What an interval variable on auto means. */
  autoInterval?: (name: string) => string;
}

/** The dashboard's variables and Grafana's global ones. */
export function dashboardLookup(variables: Variables, around: Surroundings): Lookup {
  const globals = new Map<string, string>([
    ['__dashboard', around.dashboardTitle],
    ['__from', String(around.from)],
    ['__to', String(around.to)],
    ['__timezone', around.timeZone],
    ['__org', '1'],
    ['timeFilter', ''],
  ]);
  const lookup: Lookup = (name, path) => {
    if (name === '__dashboard' && path === '.uid') return plain(name, around.dashboardUid);
    const variable = variables.get(name);
    if (variable) {
      const known = toKnown(variable, around.autoInterval?.(name));
      return known.verbatim
        ? {
            ...known,
            value: interpolate(String(known.value), (other) => (other === name ? undefined : lookup(other, undefined))),
          }
        : known;
    }
    const value = globals.get(name);
    return value === undefined ? urlMacro(name, variables, around) : plain(name, value);
  };
  return lookup;
}

const plain = (name: string, value: string) => ({ name, value, text: value });

/** `${__url_time_range}` and `${__all_variables}`: ready for an address, so no format touches them. */
function urlMacro(name: string, variables: Variables, around: Surroundings) {
  const value =
    name === '__url_time_range'
      ? urlTimeRange(around)
      : name === '__all_variables'
        ? urlVariables(variables)
        : undefined;
  return value === undefined ? undefined : { name, value, text: value, verbatim: true };
}

const urlTimeRange = ({ rawFrom, rawTo }: Surroundings): string =>
  String(new URLSearchParams({ from: rawFrom, to: rawTo }));

/** `var-job=a&var-job=b&...` of every variable that goes into addresses. */
export function urlVariables(variables: Variables): string {
  const parameters = new URLSearchParams();
  for (const [name, variable] of variables) {
    if (variable.model.skipUrlSync) continue;
    for (const value of toKnown(variable).urlValues ?? []) parameters.append(`var-${name}`, value);
  }
  return String(parameters);
}

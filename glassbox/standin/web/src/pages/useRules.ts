import { useEffect, useState } from 'react';
import type { DataSource } from '../api/grafana';
import { rules as fetchRules, type Rule } from '../api/prometheus';
import { begin } from '../app/ready';
import { source } from '../variables/sources';

/** An alert rule and the group that it is evaluated with. */
export interface Listed {
  rule: Rule;
  group: string;
  interval: number;
}

const IMPORTANCE = { firing: 0, pending: 1, inactive: 2 };

/** Prometheus' alert rules, the firing ones first; asked again when `revision` changes. */
export function useRules(sources: DataSource[] | undefined, revision: number): { rules?: Listed[]; error?: string } {
  const [state, setState] = useState<{ rules?: Listed[]; error?: string }>({});
  // A new revision is a reason to ask.
  useEffect(() => {
    if (!sources) return;
    const done = begin();
    Promise.resolve()
      .then(() => fetchRules(source(undefined, sources, () => undefined).uid))
      .then(({ groups }) => setState({ rules: listed(groups) }))
      .catch((reason: Error) => setState({ error: reason.message }))
      .finally(done);
    return done;
  }, [sources, revision]);
  return state;
}

function listed(groups: { name: string; interval: number; rules: Rule[] }[]): Listed[] {
  return groups
    .flatMap(({ name, interval, rules }) =>
      rules.filter(({ type }) => type === 'alerting').map((rule) => ({ rule, group: name, interval })),
    )
    .sort(
      (a, b) =>
        IMPORTANCE[a.rule.state ?? 'inactive'] - IMPORTANCE[b.rule.state ?? 'inactive'] ||
        a.rule.name.localeCompare(b.rule.name),
    );
}

import { ScrollContainer } from '@grafana/ui';
import { useTexts } from '../app/context';
import { useSession } from '../dashboard/session';
import { AlertState } from '../pages/AlertState';
import { type Listed, useRules } from '../pages/useRules';
import { optionsOf, type PanelProps } from './props';

interface AlertListOptions {
  viewMode: 'list' | 'stat';
  maxItems: number;
  alertName: string;
  /** 1 by name, 2 by name backwards, 3 by importance. */
  sortOrder: number;
  stateFilter: { firing?: boolean; pending?: boolean; normal?: boolean };
}

const SHOWN = { firing: true, pending: true, normal: false };
const BACKWARDS = 2;
const BY_IMPORTANCE = 3;

/** Prometheus' alert rules in the chosen states. */
export function AlertList(props: PanelProps) {
  const options = optionsOf<AlertListOptions>(props);
  const { sources, revision } = useSession();
  const texts = useTexts();
  const { rules = [] } = useRules(sources, revision);
  const shown = filtered(rules, options, props.replace(options.alertName ?? ''));
  if (options.viewMode === 'stat') {
    return (
      <div style={{ height: '100%', display: 'grid', placeItems: 'center', fontSize: props.height / 2 }}>
        {shown.length}
      </div>
    );
  }
  if (!shown.length)
    return <div style={{ height: '100%', display: 'grid', placeItems: 'center' }}>{texts('noAlerts')}</div>;
  return (
    <ScrollContainer height={`${props.height}px`}>
      {shown.slice(0, options.maxItems ?? 20).map(({ rule, group }) => (
        <div key={`${group} ${rule.name}`} style={{ display: 'flex', gap: 8, padding: '4px 0' }}>
          <AlertState state={rule.state} />
          <span>{rule.name}</span>
        </div>
      ))}
    </ScrollContainer>
  );
}

function filtered(rules: Listed[], { stateFilter, sortOrder }: Partial<AlertListOptions>, name: string): Listed[] {
  const wanted = { ...SHOWN, ...stateFilter };
  const kept = rules.filter(
    ({ rule }) => rule.name.includes(name) && wanted[rule.state === 'inactive' || !rule.state ? 'normal' : rule.state],
  );
  if (sortOrder === BY_IMPORTANCE) return kept;
  const byName = kept.toSorted((a, b) => a.rule.name.localeCompare(b.rule.name));
  return sortOrder === BACKWARDS ? byName.reverse() : byName;
}

import { textUtil } from '@grafana/data';
import { Alert, FilterInput, Icon, useTheme2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type DataSource, dataSources, type PushedRule, pushedRules } from '../api/grafana';
import { useApp, useTexts } from '../app/context';
import { begin } from '../app/ready';
import { TextLink } from '../app/TextLink';
import { TopBar } from '../app/TopBar';
import { AlertState } from './AlertState';
import { type Listed, useRules } from './useRules';

const REFRESH_MS = 15_000;

/** Prometheus' alert rules with their states and runbooks, and those that were pushed to Grafana. */
export function AlertsPage() {
  const texts = useTexts();
  const theme = useTheme2();
  const { generation, picture } = useApp();
  const [sources, setSources] = useState<DataSource[]>();
  const [pushed, setPushed] = useState<PushedRule[]>([]);
  const [wanted, setWanted] = useState('');
  const [tick, setTick] = useState(0);
  // A new generation may bring other rules.
  useEffect(() => {
    const done = begin();
    Promise.all([dataSources().then(setSources), pushedRules().then(setPushed, () => setPushed([]))]).then(done, done);
    return done;
  }, [generation]);
  useEffect(() => {
    if (picture) return;
    const timer = setInterval(() => setTick((count) => count + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, [picture]);
  const { rules = [], error } = useRules(sources, tick + generation);
  const matches = (text: string): boolean => text.toLowerCase().includes(wanted.toLowerCase());
  const shown = rules.filter(({ rule, group }) =>
    matches(`${rule.name} ${group} ${Object.values(rule.labels ?? {}).join(' ')}`),
  );
  return (
    <>
      <TopBar crumbs={[texts('alerts')]} />
      <main style={{ maxWidth: 1400, margin: '0 auto', padding: theme.spacing(3, 2) }}>
        <h1>{texts('alerts')}</h1>
        <FilterInput placeholder={texts('searchRules')} value={wanted} onChange={setWanted} escapeRegex={false} />
        {error && <Alert severity="error" title={error} />}
        <h2 style={{ marginTop: theme.spacing(3) }}>
          {texts('prometheusRules')} ({shown.length})
        </h2>
        {!shown.length && <p>{texts('noRules')}</p>}
        {shown.map((listed) => (
          <RuleLine key={`${listed.group} ${listed.rule.name} ${JSON.stringify(listed.rule.labels)}`} listed={listed} />
        ))}
        <h2 style={{ marginTop: theme.spacing(3) }}>
          {texts('grafanaRules')} ({pushed.length})
        </h2>
        <p>{texts('notEvaluated')}</p>
        {pushed
          .filter(({ title, ruleGroup }) => matches(`${title} ${ruleGroup}`))
          .map((rule) => (
            <PushedLine key={rule.uid} rule={rule} />
          ))}
      </main>
    </>
  );
}

const LINE = { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 12, padding: '8px 4px' } as const;

function RuleLine({ listed: { rule, group } }: { listed: Listed }) {
  const theme = useTheme2();
  const texts = useTexts();
  const { state, name, labels = {}, annotations = {}, alerts = [], query, lastError } = rule;
  return (
    <details data-alert={name} data-state={state} style={{ borderTop: `1px solid ${theme.colors.border.weak}` }}>
      <summary style={{ ...LINE, cursor: 'pointer' }}>
        <AlertState state={state} />
        <strong>{name}</strong>
        <span>{labels.severity}</span>
        <span style={{ color: theme.colors.text.secondary }}>{group}</span>
        <Runbook annotations={annotations} />
        {alerts.length > 0 && <span style={{ marginLeft: 'auto' }}>{alerts.length}</span>}
      </summary>
      <p>{annotations.description ?? annotations.summary}</p>
      <pre style={{ whiteSpace: 'pre-wrap' }}>{query}</pre>
      {lastError && <Alert severity="error" title={lastError} />}
      {alerts.map(({ labels: own, annotations: said = {}, activeAt, state: its }) => (
        <div key={JSON.stringify(own)} style={LINE}>
          <AlertState state={its} />
          <span>{said.summary ?? JSON.stringify(own)}</span>
          <span style={{ color: theme.colors.text.secondary }}>
            {texts('since')} {activeAt.slice(0, 19).replace('T', ' ')} UTC
          </span>
        </div>
      ))}
    </details>
  );
}

function PushedLine({ rule: { title, ruleGroup, labels, annotations = {} } }: { rule: PushedRule }) {
  const theme = useTheme2();
  return (
    <div data-pushed-rule={title} style={{ ...LINE, borderTop: `1px solid ${theme.colors.border.weak}` }}>
      <Icon name="bell" />
      <strong>{title}</strong>
      <span>{labels?.severity}</span>
      <span style={{ color: theme.colors.text.secondary }}>{ruleGroup}</span>
      <Runbook annotations={annotations} />
    </div>
  );
}

function Runbook({ annotations }: { annotations: Record<string, string> }) {
  const texts = useTexts();
  const address = annotations.runbook_url;
  if (!address) return null;
  return (
    <TextLink href={textUtil.sanitizeUrl(address)} external>
      {texts('runbook')}
    </TextLink>
  );
}

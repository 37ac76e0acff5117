import { toDataFrameDTO } from '@grafana/data';
import { Drawer, Tab, TabsBar } from '@grafana/ui';
import { useState } from 'react';
import { useTexts } from '../app/context';
import type { Text } from '../app/strings';
import { useEscape } from '../app/useEscape';
import type { SentRequest } from '../queries/run';
import type { Panel } from './model';
import type { PanelData } from './usePanelData';

/** Longer texts would slow the page down; the beginning says enough. */
const LONGEST_TEXT = 200_000;
const TABS = ['query', 'data', 'panelJson'] as const satisfies Text[];

interface InspectorProps {
  panel: Panel;
  title: string;
  data: PanelData;
  onClose: () => void;
}

/** A panel's requests, their answers and durations, the frames that it is drawn from, and its JSON. */
export function Inspector({ panel, title, data, onClose }: InspectorProps) {
  const texts = useTexts();
  useEscape(onClose, true);
  const [tab, setTab] = useState<(typeof TABS)[number]>('query');
  const tabs = (
    <TabsBar>
      {TABS.map((one) => (
        <Tab key={one} label={texts(one)} active={tab === one} onChangeTab={() => setTab(one)} />
      ))}
    </TabsBar>
  );
  return (
    <Drawer title={`${texts('inspect')}: ${title}`} onClose={onClose} tabs={tabs} size="md">
      <div data-testid="inspector">
        {tab === 'query' && (data.requests ?? []).map((sent) => <Exchange key={sent.request.refId} sent={sent} />)}
        {tab === 'data' && (
          <Code
            value={(data.frames ?? []).map(toDataFrameDTO).map(({ fields, ...frame }) => ({
              ...frame,
              fields: fields.map(({ name, type, labels, values }) => ({ name, type, labels, values })),
            }))}
          />
        )}
        {tab === 'panelJson' && <Code value={panel} />}
      </div>
    </Drawer>
  );
}

function Exchange({ sent }: { sent: SentRequest }) {
  const texts = useTexts();
  const { request, answer, error, durationMs } = sent;
  const facts = [
    `${texts('duration')}: ${Math.round(durationMs)} ms`,
    request.stepMs && `${texts('step')}: ${request.stepMs / 1000} s`,
  ];
  return (
    <article>
      <h4>{request.refId}</h4>
      <pre data-testid="inspector-expr">{request.expr}</pre>
      <p>{facts.filter(Boolean).join(' · ')}</p>
      {error && <p role="alert">{error}</p>}
      <Code value={{ path: `/api/v1/${request.path}`, ...Object.fromEntries(request.parameters) }} />
      <h5>{texts('response')}</h5>
      <Code value={answer ?? null} />
    </article>
  );
}

function Code({ value }: { value: unknown }) {
  const texts = useTexts();
  const text = JSON.stringify(value, plain, 2) ?? '';
  return (
    <>
      <pre style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{text.slice(0, LONGEST_TEXT)}</pre>
      {text.length > LONGEST_TEXT && <p>{texts('tooMuch')}</p>}
    </>
  );
}

/** JSON has no NaN and no infinity: they are written as texts, as Prometheus does. */
const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

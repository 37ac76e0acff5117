import { LoadingState } from '@grafana/data';
import { Icon, Menu, PanelChrome } from '@grafana/ui';
import { useCallback, useRef, useState } from 'react';
import { useApp, useTexts } from '../app/context';
import { setParameters } from '../app/location';
import { hasFinite } from '../fields/finite';
import { notDrawn, WITHOUT_DATA, WITHOUT_QUERY } from '../panels';
import { Inspector } from './Inspector';
import type { Box } from './layout';
import type { Panel } from './model';
import { Contained, PanelBody } from './PanelBody';
import { PanelLinks } from './PanelLinks';
import { useSession } from './session';
import { type PanelData, usePanelData } from './usePanelData';
import { useSeen } from './useSeen';

interface FrameProps {
  id: string;
  panel: Panel;
  box: Box;
}

type State = 'loading' | 'done' | 'error' | 'unsupported' | 'nodata';

/** One panel; one whose settings make no sense leaves the others alone. */
export function PanelFrame(frame: FrameProps) {
  const { panel } = frame;
  const [broken, setBroken] = useState<{ panel: Panel; message: string }>();
  // A panel that was corrected gets another chance.
  if (broken?.panel === panel) return <BrokenFrame {...frame} message={broken.message} />;
  return (
    <Contained of={panel} onError={(message) => setBroken({ panel, message })}>
      <WorkingFrame {...frame} />
    </Contained>
  );
}

function BrokenFrame({ id, panel, box, message }: FrameProps & { message: string }) {
  const title = String(panel.title ?? '');
  return (
    <section
      data-panel-id={id}
      data-panel-title={title}
      data-panel-type={panel.type}
      data-state="error"
      aria-label={title}
      style={{ position: 'absolute', ...box }}
    >
      <PanelChrome width={box.width} height={box.height} title={title} statusMessage={message}>
        {() => <Centered text={message} />}
      </PanelChrome>
    </section>
  );
}

/** Its frame at its place, what it says about itself, and its menu. */
function WorkingFrame({ id, panel, box }: FrameProps) {
  const texts = useTexts();
  const { picture } = useApp();
  const { range } = useSession();
  const place = useRef<HTMLElement>(null);
  const seen = useSeen(place, picture);
  const [visible, setVisible] = useState<string[]>();
  const [failed, setFailed] = useState<{ frames: PanelData['frames']; message: string }>();
  const [inspected, setInspected] = useState(false);
  const lacking = notDrawn(panel);
  const supported = lacking === undefined;
  const data = usePanelData(panel, Math.round(box.width), seen && supported, visible);
  const { frames } = data;
  // What could not be drawn gets another chance with the next answer.
  const broken = failed?.frames === frames ? failed?.message : undefined;
  const onError = useCallback((message: string) => setFailed({ frames, message }), [frames]);
  const state = stateOf(panel, supported, data, broken);
  const title = data.replace(panel.title ?? '', {}, 'text');
  const menu = () => (
    <Menu>
      <Menu.Item icon="eye" label={texts('view')} onClick={() => setParameters({ viewPanel: id })} />
      <Menu.Item icon="info-circle" label={texts('inspect')} onClick={() => setInspected(true)} />
    </Menu>
  );
  return (
    <section
      ref={place}
      data-panel-id={id}
      data-panel-title={title}
      data-panel-type={panel.type}
      data-state={state}
      data-error={broken ?? data.error}
      aria-label={title}
      style={{ position: 'absolute', ...box }}
    >
      <PanelChrome
        width={box.width}
        height={box.height}
        title={title}
        description={panel.description ? () => data.replace(panel.description ?? '', {}, 'text') : ''}
        displayMode={panel.transparent ? 'transparent' : 'default'}
        padding={panel.type === 'table' ? 'none' : 'md'}
        titleItems={
          <>
            <PanelLinks panel={panel} replace={data.replace} />
            <TimeOverride panel={panel} />
          </>
        }
        menu={picture ? undefined : menu}
        loadingState={picture ? LoadingState.Done : data.loading}
        statusMessage={broken ?? data.error}
        statusMessageOnClick={() => setInspected(true)}
      >
        {(width, height) => {
          if (!supported) return <Centered text={`${texts('unsupported')} ${lacking}`} />;
          if (state === 'nodata' && !WITHOUT_DATA.has(panel.type))
            return <Centered text={panel.fieldConfig?.defaults.noValue ?? texts('noData')} />;
          if (state === 'loading' || (state === 'error' && !data.frames?.length)) return null;
          return (
            <Contained of={frames} onError={onError}>
              <PanelBody
                panel={panel}
                data={data}
                range={data.range ?? range}
                width={width}
                height={height}
                onVisible={setVisible}
              />
            </Contained>
          );
        }}
      </PanelChrome>
      {inspected && <Inspector panel={panel} title={title} data={data} onClose={() => setInspected(false)} />}
    </section>
  );
}

function stateOf(
  panel: Panel,
  supported: boolean,
  { loading, frames, error }: PanelData,
  broken: string | undefined,
): State {
  if (!supported) return 'unsupported';
  if (broken) return 'error';
  if (WITHOUT_QUERY.has(panel.type)) return 'done';
  if (!frames) return 'loading';
  if (error) return 'error';
  if (loading === LoadingState.Loading && !frames.length) return 'loading';
  const drawn = panel.type === 'timeseries' ? hasFinite(frames) : frames.some(({ length }) => length > 0);
  return drawn ? 'done' : 'nodata';
}

/** The panel's own time, where it has one and does not hide it. */
function TimeOverride({ panel: { timeFrom, timeShift, hideTimeOverride } }: { panel: Panel }) {
  const texts = useTexts();
  if (hideTimeOverride || !(timeFrom || timeShift)) return null;
  const parts = [timeFrom && `${texts('last')} ${timeFrom}`, timeShift && `${texts('shifted')} -${timeShift}`];
  return (
    <PanelChrome.TitleItem>
      <Icon name="clock-nine" size="sm" /> {parts.filter(Boolean).join(' ')}
    </PanelChrome.TitleItem>
  );
}

function Centered({ text }: { text: string }) {
  return <div style={{ height: '100%', display: 'grid', placeItems: 'center', textAlign: 'center' }}>{text}</div>;
}

import { Alert, LoadingPlaceholder, useTheme2 } from '@grafana/ui';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useApp, useTexts } from '../app/context';
import { setParameters, usePlace } from '../app/location';
import { TopBar } from '../app/TopBar';
import { useEscape } from '../app/useEscape';
import { useWidth } from '../app/useWidth';
import { AnnotationSwitches } from './AnnotationSwitches';
import { DashboardLinks } from './DashboardLinks';
import { Grid, SinglePanel } from './Grid';
import { MarksContext, SessionContext } from './session';
import { TimeControls } from './TimeControls';
import { useDashboardSession } from './useSession';
import { Variables } from './Variables';

const MARGIN_PX = 16;
/** Of the bars above a single panel. */
const BARS_PX = 150;

const showAll = (): void => setParameters({ viewPanel: undefined });

/** One dashboard with its controls. */
export function DashboardPage({ uid }: { uid: string }) {
  const [tick, setTick] = useState(0);
  const refresh = useCallback(() => setTick((count) => count + 1), []);
  const { session, marks, error } = useDashboardSession(uid, tick);
  const texts = useTexts();
  const title = session?.dashboard.title;
  useEffect(() => {
    if (title) document.title = `${title} - ${texts('product')}`;
  }, [title, texts]);
  if (error) return <Alert title={error} severity="error" />;
  if (!session) return <LoadingPlaceholder text={texts('loading')} />;
  return (
    <SessionContext.Provider value={session}>
      <MarksContext.Provider value={marks}>
        <Opened refresh={refresh} title={title ?? uid} />
      </MarksContext.Provider>
    </SessionContext.Provider>
  );
}

function Opened({ refresh, title }: { refresh: () => void; title: string }) {
  const { kiosk } = useApp();
  const theme = useTheme2();
  const texts = useTexts();
  const { parameters } = usePlace();
  const width = useWidth() - 2 * MARGIN_PX;
  const single = parameters.get('viewPanel')?.replace(/^panel-/, '');
  const ids = parameters.get('panelIds');
  const only = useMemo(() => (ids ? new Set(ids.split(',')) : undefined), [ids]);
  useEscape(single ? showAll : undefined);
  const controls = {
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    padding: `${theme.spacing(1)} ${MARGIN_PX}px`,
  } as const;
  return (
    <>
      {!kiosk && (
        <>
          <TopBar crumbs={[title]} back={single ? { text: texts('back'), onClick: showAll } : undefined} />
          <div style={controls}>
            <Variables />
            <AnnotationSwitches />
            <div style={{ ...controls, padding: 0, marginLeft: 'auto' }}>
              <DashboardLinks />
              <TimeControls onRefresh={refresh} />
            </div>
          </div>
        </>
      )}
      <main style={{ padding: `${kiosk ? MARGIN_PX : 0}px ${MARGIN_PX}px` }}>
        {single ? (
          <SinglePanel id={single} width={width} height={Math.max(300, window.innerHeight - BARS_PX)} />
        ) : (
          <Grid width={width} only={only} />
        )}
      </main>
    </>
  );
}

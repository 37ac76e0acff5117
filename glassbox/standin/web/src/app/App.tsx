import { createTheme, locationUtil, ThemeContext } from '@grafana/data';
import { Alert, GlobalStyles, PortalContainer } from '@grafana/ui';
import { useMemo } from 'react';
import { DashboardPage } from '../dashboard/DashboardPage';
import { AlertsPage } from '../pages/AlertsPage';
import { DashboardsPage } from '../pages/DashboardsPage';
import { BASE_PATH } from './base';
import { AppContext, useTexts } from './context';
import { type Failure, useLive } from './live';
import { usePlace } from './location';
import { languageOf } from './strings';
import { useFonts } from './useFonts';

locationUtil.initialize({
  config: { appSubUrl: BASE_PATH } as Parameters<typeof locationUtil.initialize>[0]['config'],
  getVariablesUrlParams: () => ({}),
  getTimeRangeForUrl: () => ({ from: 'now-1h', to: 'now' }),
});

/** Of all themes; as one element it is drawn again only with another theme. */
const STYLES = <GlobalStyles />;

/** The whole page: what all of it shares, and which part of it the address means. */
export function App() {
  const { path, parameters } = usePlace();
  const language = languageOf(parameters);
  const mode = parameters.get('theme') === 'light' ? 'light' : 'dark';
  const theme = useMemo(() => createTheme({ colors: { mode } }), [mode]);
  const picture = parameters.has('width');
  const kiosk = parameters.has('kiosk');
  const live = useLive(!picture);
  const app = useMemo(
    () => ({ language, generation: live.generation, picture, kiosk }),
    [language, live.generation, picture, kiosk],
  );
  const fonts = useFonts();
  document.documentElement.lang = language;
  return (
    <ThemeContext.Provider value={theme}>
      <AppContext.Provider value={app}>
        {STYLES}
        {live.failure && <FailureNote failure={live.failure} />}
        {fonts && <Page path={path} />}
        <Foot />
        <PortalContainer />
      </AppContext.Provider>
    </ThemeContext.Provider>
  );
}

function Page({ path }: { path: string }) {
  const [, uid] = /^\/d\/([^/]+)/.exec(path) ?? [];
  if (uid) return <DashboardPage key={uid} uid={decodeURIComponent(uid)} />;
  return /^\/alert/.test(path) ? <AlertsPage /> : <DashboardsPage />;
}

/** Why the dashboards could not be compiled, above whatever was there before, of which it covers nothing. */
function FailureNote({ failure: { message, file, line } }: { failure: Failure }) {
  const texts = useTexts();
  const place = [file, line].filter((part) => part !== undefined && part !== null).join(':');
  return (
    <div data-testid="failure" style={{ padding: '16px 16px 0' }}>
      <Alert severity="error" title={`${texts('buildFailed')}${place ? `: ${place}` : ''}`}>
        <pre style={{ margin: 0, whiteSpace: 'pre-wrap' }}>{message}</pre>
      </Alert>
    </div>
  );
}

function Foot() {
  const texts = useTexts();
  return (
    <footer data-testid="foot" style={{ padding: '8px 16px 16px', fontSize: 12, opacity: 0.7 }}>
      {texts('note')}
    </footer>
  );
}

import { Button, LinkButton, ToolbarButton, useTheme2 } from '@grafana/ui';
import { useApp, useTexts } from './context';
import { href, setParameters } from './location';
import { storeLanguage } from './strings';

interface TopBarProps {
  /** The titles from the list of dashboards down to here. */
  crumbs: string[];
  back?: { text: string; onClick: () => void };
}

/** Where one is, and the choices of theme and language. */
export function TopBar({ crumbs, back }: TopBarProps) {
  const theme = useTheme2();
  const texts = useTexts();
  const { language } = useApp();
  const other = language === 'zh' ? 'en' : 'zh';
  const speak = (): void => {
    storeLanguage(other);
    setParameters({ lang: other });
  };
  const bar = {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(1),
    minHeight: 48,
    padding: theme.spacing(0.5, 2),
    background: theme.colors.background.primary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  } as const;
  return (
    <header style={bar}>
      <LinkButton href={href('/dashboards')} fill="text" variant="secondary" icon="apps">
        {texts('dashboards')}
      </LinkButton>
      {crumbs.map((crumb) => (
        <span key={crumb} style={{ fontWeight: theme.typography.fontWeightMedium }}>
          › {crumb}
        </span>
      ))}
      {back && (
        <Button size="sm" variant="secondary" icon="arrow-left" onClick={back.onClick}>
          {back.text}
        </Button>
      )}
      <nav style={{ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), marginLeft: 'auto' }}>
        <LinkButton href={href('/alerts')} fill="text" variant="secondary" icon="bell">
          {texts('alerts')}
        </LinkButton>
        <ToolbarButton
          icon="palette"
          tooltip={texts(theme.isDark ? 'light' : 'dark')}
          onClick={() => setParameters({ theme: theme.isDark ? 'light' : 'dark' })}
        />
        <ToolbarButton onClick={speak}>{texts('language')}</ToolbarButton>
      </nav>
    </header>
  );
}

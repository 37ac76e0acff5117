import type { InterpolateFunction } from '@grafana/data';
import { Dropdown, Icon, Menu, PanelChrome, ToolbarButton } from '@grafana/ui';
import { useTexts } from '../app/context';
import { addressOf } from './address';
import type { Panel } from './model';

/** The links of a panel, beside its title: one as an icon, several as a menu. */
export function PanelLinks({ panel, replace }: { panel: Panel; replace: InterpolateFunction }) {
  const texts = useTexts();
  const links = (panel.links ?? []).filter(({ url }) => url);
  const [only] = links;
  if (!only) return null;
  const shown = links.map((link) => ({
    title: replace(link.title ?? '', {}, 'text'),
    url: addressOf(link, replace),
    target: link.targetBlank ? ('_blank' as const) : undefined,
  }));
  if (links.length === 1 && shown[0]) {
    return (
      <PanelChrome.TitleItem href={shown[0].url} target={shown[0].target} title={shown[0].title}>
        <Icon name="external-link-alt" size="md" />
      </PanelChrome.TitleItem>
    );
  }
  const menu = (
    <Menu>
      {shown.map(({ title, url, target }) => (
        <Menu.Item key={url + title} label={title} url={url} target={target} />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={menu}>
      <ToolbarButton icon="external-link-alt" aria-label={texts('links')} iconSize="md" />
    </Dropdown>
  );
}

import { Dropdown, LinkButton, Menu, ToolbarButton } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type Hit, search } from '../api/grafana';
import { useApp } from '../app/context';
import { href } from '../app/location';
import { replacer } from '../variables/replace';
import { addressOf } from './address';
import type { DashboardLink } from './model';
import { useSession } from './session';

/** The dashboard's own links: to addresses, and to the dashboards that carry its tags. */
export function DashboardLinks() {
  const { dashboard } = useSession();
  return (dashboard.links ?? []).map((link) =>
    link.type === 'dashboards' ? (
      <Tagged key={`${link.title} ${link.tags}`} link={link} />
    ) : (
      <Plain key={`${link.title} ${link.url}`} link={link} />
    ),
  );
}

/** The macros that carry time range and variables along, where the link asks for it. */
const carried = ({ keepTime, includeVars }: DashboardLink): string =>
  [keepTime && '$__url_time_range', includeVars && '$__all_variables'].filter(Boolean).join('&');

function withCarried(url: string, link: DashboardLink): string {
  const more = carried(link);
  return more ? `${url}${url.includes('?') ? '&' : '?'}${more}` : url;
}

function Plain({ link }: { link: DashboardLink }) {
  const replace = replacer(useSession().lookup);
  const url = addressOf({ url: withCarried(link.url ?? '', link) }, replace);
  return (
    <LinkButton
      href={url}
      target={link.targetBlank ? '_blank' : undefined}
      rel="noreferrer"
      variant="secondary"
      fill="outline"
      size="md"
      tooltip={link.tooltip}
    >
      {replace(link.title ?? '', {}, 'text')}
    </LinkButton>
  );
}

function Tagged({ link }: { link: DashboardLink }) {
  const { generation } = useApp();
  const replace = replacer(useSession().lookup);
  const [hits, setHits] = useState<Hit[]>([]);
  // A new generation may bring other dashboards.
  useEffect(() => {
    search().then(setHits, () => setHits([]));
  }, [generation]);
  const wanted = link.tags ?? [];
  const items = hits
    .filter(({ tags }) => wanted.every((tag) => tags.includes(tag)))
    .map(({ uid, title }) => ({ uid, title, url: replace(withCarried(href(`/d/${encodeURIComponent(uid)}`), link)) }));
  const target = link.targetBlank ? '_blank' : undefined;
  if (!link.asDropdown)
    return items.map(({ uid, title, url }) => <Plain key={uid} link={{ title, url, targetBlank: link.targetBlank }} />);
  return (
    <Dropdown
      overlay={
        <Menu>
          {items.map(({ uid, title, url }) => (
            <Menu.Item key={uid} label={title} url={url} target={target} />
          ))}
        </Menu>
      }
    >
      <ToolbarButton variant="canvas" icon="bars" isOpen={false}>
        {replace(link.title ?? '')}
      </ToolbarButton>
    </Dropdown>
  );
}

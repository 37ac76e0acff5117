/** Every text of the page itself, in both languages. */
const STRINGS = {
  dashboards: ['Dashboards', '仪表板'],
  alerts: ['Alert rules', '告警规则'],
  product: ['Glassbox', 'Glassbox'],
  note: [
    "Drawn with Grafana's component library, gauge and heatmap approximated; not Grafana itself.",
    '使用 Grafana 组件库绘制，仪表盘（gauge）与热力图为近似效果；并非 Grafana 本身。',
  ],
  search: ['Search dashboards by title, tag or question', '按标题、标签或问题搜索仪表板'],
  searchRules: ['Search rules', '搜索规则'],
  noDashboards: ['No dashboard matches.', '没有匹配的仪表板。'],
  general: ['General', '常规'],
  loading: ['Loading', '加载中'],
  noData: ['No data', '无数据'],
  unsupported: ['This page does not draw panels of this type:', '此页面不支持绘制该类型的面板：'],
  all: ['All', '全部'],
  enterVariable: ['Enter a value', '输入值'],
  light: ['Light theme', '浅色主题'],
  dark: ['Dark theme', '深色主题'],
  language: ['中文', 'English'],
  view: ['View', '查看'],
  back: ['Back to dashboard', '返回仪表板'],
  inspect: ['Inspect', '检查'],
  query: ['Query', '查询'],
  data: ['Data', '数据'],
  response: ['Response', '响应'],
  panelJson: ['Panel JSON', '面板 JSON'],
  error: ['Error', '错误'],
  duration: ['Duration', '耗时'],
  step: ['Step', '步长'],
  links: ['Links', '链接'],
  buildFailed: ['The dashboards cannot be compiled', '仪表板编译失败'],
  state: ['State', '状态'],
  runbook: ['Runbook', '处置手册'],
  firing: ['Firing', '触发中'],
  pending: ['Pending', '等待中'],
  inactive: ['Normal', '正常'],
  unknown: ['Unknown', '未知'],
  prometheusRules: ["Prometheus' rules", 'Prometheus 规则'],
  grafanaRules: ['Rules pushed to Grafana', '推送到 Grafana 的规则'],
  notEvaluated: ['These rules are not evaluated here.', '此处不会评估这些规则。'],
  noRules: ['No rules.', '没有规则。'],
  noAlerts: ['No alerts matching filters', '没有匹配的告警'],
  last: ['Last', '最近'],
  shifted: ['shifted by', '平移'],
  since: ['since', '始于'],
  refresh: ['Refresh dashboard', '刷新仪表板'],
  tooMuch: ['Only the beginning is shown.', '仅显示开头部分。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

export type Text = keyof typeof STRINGS;
export type Language = 'en' | 'zh';

export const translate = (language: Language, text: Text): string => STRINGS[text][language === 'zh' ? 1 : 0];

/** The language of the address (`lang`), else the one chosen before, else the browser's. */
export function languageOf(parameters: URLSearchParams): Language {
  const wanted = parameters.get('lang') ?? stored() ?? navigator.language;
  return wanted.startsWith('zh') ? 'zh' : 'en';
}

const KEY = 'standin.language';

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Keep the choice for the next visit, where the browser allows it. */
export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Without storage the address keeps it.
  }
}

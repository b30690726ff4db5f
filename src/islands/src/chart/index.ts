/** Charts with our tokens: axes and units always named, and the same numbers as a table behind one button. */
import { BarChart, HeatmapChart, LineChart, PieChart, RadarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, RadarComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";
import { fontFamily, onThemeChange, toneColour, token } from "../core/colours";
import { el, icon, t } from "../core/texts";

use([BarChart, LineChart, PieChart, HeatmapChart, RadarChart, RadarComponent, GridComponent, LegendComponent, TooltipComponent, AriaComponent, MarkLineComponent, VisualMapComponent, LabelLayout, CanvasRenderer]);

interface Series {
  name: string;
  values: (number | null)[];
  tone?: string;
  /** An address for each point: a number opens to its rows. */
  links?: (string | null)[];
}

export interface ChartConfig {
  type: "bar" | "line" | "stack" | "share" | "radar";
  title: string;
  x_label?: string;
  unit?: string;
  x: string[];
  series: Series[];
  target?: { value: number; label: string };
  horizontal?: boolean;
  /** Of a radar: what its outer edge is. */
  most?: number;
}

function figure(value: number | null | undefined, unit = ""): string {
  if (value === null || value === undefined) return "–";
  const number = value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
  return unit ? `${number} ${unit}` : number;
}

function colourOf(series: Series, at: number): string {
  return series.tone ? toneColour(series.tone) : token(`series-${(at % 6) + 1}`);
}

function option(config: ChartConfig): Record<string, unknown> {
  const ink = token("ink");
  const quiet = token("ink-2");
  const line = token("line");
  const text = { color: quiet, fontFamily: fontFamily(), fontSize: parseFloat(getComputedStyle(document.body).fontSize) * 0.9 };
  const common = {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 300,
    textStyle: text,
    aria: { enabled: true, decal: { show: config.series.length > 1 && document.documentElement.dataset.print === "large" } },
    tooltip: {
      // Drawn on the canvas: as HTML it would bring style attributes, which the content security policy refuses.
      renderMode: "richText", trigger: config.type === "share" || config.type === "radar" ? "item" : "axis", confine: true, backgroundColor: token("card"), borderColor: line,
      textStyle: { ...text, color: ink }, valueFormatter: (value: number) => figure(value, config.unit),
    },
    legend: { show: config.series.length > 1 || config.type === "share", bottom: 0, icon: "roundRect", itemWidth: 14, textStyle: { ...text, color: ink } },
  };
  if (config.type === "share") {
    const [series] = config.series;
    return {
      ...common,
      series: [{
        type: "pie", radius: ["48%", "72%"], center: ["50%", "45%"], name: series.name,
        label: { color: ink, formatter: "{b} {d}%" }, itemStyle: { borderColor: token("card"), borderWidth: 2 },
        data: config.x.map((name, i) => ({ name, value: series.values[i], itemStyle: { color: token(`series-${(i % 6) + 1}`) } })),
      }],
    };
  }
  if (config.type === "radar") {
    return {
      ...common,
      radar: {
        indicator: config.x.map((name) => ({ name, min: 0, max: config.most })), radius: "62%", axisName: { ...text, color: ink },
        axisLine: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line } }, splitArea: { show: false },
      },
      series: config.series.map((series, at) => ({
        type: "radar", name: series.name, symbolSize: 6, color: colourOf(series, at), lineStyle: { width: 2.5 }, areaStyle: { opacity: 0.12 },
        data: [{ name: series.name, value: series.values }],
      })),
    };
  }
  const category = {
    type: "category", data: config.x, name: config.x_label, nameLocation: "middle", nameGap: config.horizontal ? 60 : 28, nameTextStyle: text,
    axisLine: { lineStyle: { color: token("line-strong") } }, axisTick: { show: false }, axisLabel: { ...text, hideOverlap: true },
    ...(config.horizontal ? { inverse: true, name: "" } : {}),
  };
  const value = {
    type: "value", name: config.unit, nameTextStyle: { ...text, align: "left" }, splitLine: { lineStyle: { color: line } },
    axisLabel: text, minInterval: config.series.every((s) => s.values.every((v) => v === null || Number.isInteger(v))) ? 1 : 0,
  };
  return {
    ...common,
    grid: { left: 8, right: 24, top: 32, bottom: (config.series.length > 1 ? 30 : 6) + (config.x_label && !config.horizontal ? 26 : 0), containLabel: true },
    xAxis: config.horizontal ? value : category,
    yAxis: config.horizontal ? category : value,
    series: config.series.map((series, at) => ({
      name: series.name, type: config.type === "line" ? "line" : "bar", data: series.values, stack: config.type === "stack" ? "all" : undefined,
      color: colourOf(series, at), barMaxWidth: 36, symbolSize: 6, showSymbol: config.x.length < 40, lineStyle: { width: 2.5, type: at % 2 ? "dashed" : "solid" },
      itemStyle: config.type === "line" ? {} : { borderRadius: config.type === "stack" ? 0 : 2 }, cursor: series.links ? "pointer" : "default",
      ...(config.target && at === 0
        ? { markLine: { silent: true, symbol: "none", lineStyle: { color: quiet, type: "dotted", width: 2 }, label: { formatter: config.target.label, color: quiet, position: "insideEndTop" }, data: [config.horizontal ? { xAxis: config.target.value } : { yAxis: config.target.value }] } }
        : {}),
    })),
  };
}

function asTable(config: ChartConfig): HTMLElement {
  const head = el("tr", {}, el("th", { scope: "col" }, config.x_label ?? ""));
  for (const { name } of config.series) head.append(el("th", { scope: "col", class: "num" }, config.unit ? `${name} (${config.unit})` : name));
  const body = el("tbody");
  config.x.forEach((label, i) => {
    const row = el("tr", {}, el("th", { scope: "row" }, label));
    for (const { values, links } of config.series) {
      const cell = el("td", { class: "num" });
      const link = links?.[i];
      cell.append(link ? el("a", { href: link }, figure(values[i])) : figure(values[i]));
      row.append(cell);
    }
    body.append(row);
  });
  const table = el("table", { class: "yw-table" }, el("caption", {}, config.title), el("thead", {}, head), body);
  return el("div", { class: "yw-table-wrap", tabindex: "0", role: "region", "aria-label": config.title }, table);
}

export function mount(holder: HTMLElement, raw: unknown): () => void {
  const config = raw as ChartConfig;
  holder.replaceChildren();
  holder.classList.add("yw-chart");
  const toggle = el("button", { type: "button", class: "btn btn-sm btn-ghost", "aria-pressed": "false" }, icon("table"), t("as_table"));
  const plot = el("div", { class: "plot", role: "img", "aria-label": config.title });
  const table = asTable(config);
  table.hidden = true;
  holder.append(el("header", {}, el("h3", {}, config.title), toggle), plot, table);
  const chart = init(plot);
  chart.setOption(option(config));
  toggle.addEventListener("click", () => {
    const showTable = table.hidden;
    table.hidden = !showTable;
    plot.hidden = showTable;
    toggle.setAttribute("aria-pressed", String(showTable));
    if (!showTable) chart.resize();
  });
  chart.on("click", (event) => {
    const link = config.series[event.seriesIndex ?? 0]?.links?.[event.dataIndex];
    if (link) location.assign(link);
  });
  const resize = new ResizeObserver(() => chart.resize());
  resize.observe(holder);
  const stop = onThemeChange(() => chart.setOption(option(config), { notMerge: true }));
  return () => {
    stop();
    resize.disconnect();
    chart.dispose();
  };
}

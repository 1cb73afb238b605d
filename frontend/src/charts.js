// Draws every [data-chart]: its numbers travel as JSON in the attribute, never as code. Formats are chosen by name.
import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

const FONT = '"Pretendard Variable", Pretendard, "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", system-ui, sans-serif';
const TEXT = { fontFamily: FONT, fontSize: 12, color: "#5b6472" };
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const language = document.documentElement.lang;

const FORMATS = {
  number: new Intl.NumberFormat(language).format,
  percent: (value) => `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value)}%`,
  compact: new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 }).format,
};

// {at: [label], series: [{name, tone, values}], format, is_apart} → bars, stacked unless they stand apart.
const bars = (chart) => ({
  animation: !still,
  animationDuration: 200,
  animationDurationUpdate: 200,
  textStyle: TEXT,
  grid: { left: 4, right: 4, top: 12, bottom: 4, containLabel: true },
  tooltip: {
    trigger: "axis",
    renderMode: "richText",
    axisPointer: { type: "shadow", shadowStyle: { color: "rgba(49,87,200,.07)" } },
    backgroundColor: "#fff",
    borderColor: "#e3e6eb",
    textStyle: { ...TEXT, color: "#1d2430" },
    formatter: (points) =>
      [points[0].axisValueLabel, ...points.filter((p) => p.value).map((p) => `${p.seriesName}  ${(chart.format === "percent" ? FORMATS.percent : FORMATS.number)(p.value)}`.trim())].join("\n"),
  },
  xAxis: {
    type: "category",
    data: chart.at,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: "#e3e6eb" } },
    axisLabel: { ...TEXT, interval: (index) => index % chart.every === 0, hideOverlap: true },
  },
  yAxis: {
    type: "value",
    minInterval: chart.format === "percent" ? 0 : 1,
    max: chart.format === "percent" ? (values) => (values.max > 80 ? 100 : null) : null,
    splitNumber: 4,
    splitLine: { lineStyle: { color: "#eef0f3" } },
    axisLabel: { ...TEXT, formatter: (value) => FORMATS[chart.format](value) },
  },
  series: chart.series.map((one, index) => ({
    type: "bar",
    name: one.name,
    stack: chart.is_apart ? undefined : "all",
    barCategoryGap: "22%",
    barMaxWidth: 48,
    data: one.values,
    itemStyle: { color: one.tone, borderRadius: index === chart.series.length - 1 ? [2, 2, 0, 0] : 0 },
    emphasis: { disabled: true },
  })),
});

const drawn = new Map();

const draw = (box) => {
  const wanted = document.getElementById(box.dataset.chart)?.textContent;
  if (!wanted) return;
  let known = drawn.get(box);
  if (!known) {
    known = { chart: echarts.init(box), said: "" };
    drawn.set(box, known);
    new ResizeObserver(() => known.chart.resize()).observe(box);
  }
  if (known.said === wanted) return;
  known.said = wanted;
  known.chart.setOption(bars(JSON.parse(wanted)), { replaceMerge: ["series"] });
};

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

// The canvas is drawn once, so the letters have to be there before it.
Promise.allSettled([document.fonts.load("12px 'Pretendard Variable'", "0123:가나")]).then(drawAll);
document.addEventListener("itda:fresh", drawAll);

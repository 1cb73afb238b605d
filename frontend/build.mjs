// Builds what the console's pages load into src/itda/console/static: style, scripts, icons and type, each with its
// content's hash in its name, and manifest.json, which tells the templates the names.
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ICONS } from "./src/icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const target = join(here, "..", "src", "itda", "console", "static");
const making = `${target}.making`;
const manifest = {};

const hashed = (name, content) => {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const end = extname(name);
  return `${basename(name, end)}-${hash}${end}`;
};

const keep = async (name, content) => {
  manifest[name] = hashed(name, content);
  await writeFile(join(making, manifest[name]), content);
};

// One sprite: every symbol keeps its viewBox and loses width and height, else it is cut off.
const sprite = async () => {
  const symbols = [];
  for (const [name, icon] of Object.entries(ICONS)) {
    const file = icon.startsWith("<") ? icon : await readFile(join(modules, "@tabler/icons/icons/outline", `${icon}.svg`), "utf8");
    const inside = file.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/\s*\n\s*/g, "")}</symbol>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
};

// Pretendard (SIL Open Font License) in subsets by range: a page loads only those its letters need.
const fonts = async () => {
  const folder = join(modules, "pretendard/dist/web/variable");
  let css = await readFile(join(folder, "pretendardvariable-dynamic-subset.css"), "utf8");
  await mkdir(join(making, "type"));
  for (const name of await readdir(join(folder, "woff2-dynamic-subset"))) {
    const content = await readFile(join(folder, "woff2-dynamic-subset", name));
    const written = hashed(name, content);
    await writeFile(join(making, "type", written), content);
    css = css.replace(`./woff2-dynamic-subset/${name})`, `type/${written})`);
  }
  await cp(join(modules, "pretendard/dist/LICENSE.txt"), join(making, "type", "LICENSE.txt"));
  return css;
};

// The licences of what is served ask that their texts come with it.
const LICENCES = {
  "echarts.txt": ["echarts/LICENSE", "echarts/NOTICE"],
  "htmx.txt": ["htmx.org/LICENSE"],
  "tabler-icons.txt": ["@tabler/icons/LICENSE"],
  "tslib.txt": ["tslib/LICENSE.txt"],
  "zrender.txt": ["zrender/LICENSE"],
};
const licences = async () => {
  await mkdir(join(making, "licences"));
  for (const [name, files] of Object.entries(LICENCES)) {
    const texts = await Promise.all(files.map((file) => readFile(join(modules, file), "utf8")));
    await writeFile(join(making, "licences", name), texts.join("\n"));
  }
};

const bundle = async (entry, css) => {
  const made = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    minify: true,
    write: false,
    format: css ? undefined : "iife",
    target: css ? ["chrome111", "firefox113", "safari16.4"] : ["es2022"],
    legalComments: css ? "none" : "eof",
    external: ["*.woff2", "*.svg"],
    nodePaths: [modules],
  });
  return made.outputFiles[0].contents;
};

await rm(making, { recursive: true, force: true });
await mkdir(making, { recursive: true });
await keep("type.css", (await build({ stdin: { contents: await fonts(), loader: "css" }, minify: true, write: false, external: ["*.woff2"], bundle: true })).outputFiles[0].contents);
await keep("console.css", await bundle("console.css", true));
await keep("console.js", await bundle("console.js", false));
await keep("charts.js", await bundle("charts.js", false));
await keep("icons.svg", await sprite());
await licences();
await keep("favicon.svg", await readFile(join(here, "src", "favicon.svg")));
await writeFile(join(making, "manifest.json"), JSON.stringify(manifest, null, 1));
await rm(target, { recursive: true, force: true });
await rename(making, target);

/** The bills of materials, CycloneDX, and the list of licences: what they are made of, how they are written and read. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

export const ROOT = path.join(import.meta.dirname, "../..");
export const FOLDER = path.join(ROOT, "sbom");
export const LICENCES = path.join(ROOT, "docs", "licences.md");

/** What is read here of a CycloneDX component. */
export interface Component {
  /** Unique in its document: name and version. */
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly LicenceChoice[];
}

type LicenceChoice =
  | { readonly license: { readonly id?: string; readonly name?: string } }
  | { readonly expression: string };

/** What is read here of a CycloneDX document. */
export interface Sbom {
  readonly metadata: {
    readonly component: Component;
    readonly properties?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly Edges[];
}

interface Edges {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** What is read here of a `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** What is read here of an entry in `package-lock.json`. */
export interface Locked {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

export const readManifest = (folder = ""): Manifest =>
  JSON.parse(readFileSync(path.join(ROOT, folder, "package.json"), "utf8")) as Manifest;

/** The folders of the workspaces: what is served, each with production dependencies of its own. */
export const workspaces = (): readonly string[] => readManifest().workspaces ?? [];

/** Packages of the lockfile with their places, without links and what is ours. */
export function readLockfile(): { readonly place: string; readonly name: string; readonly locked: Locked }[] {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(packages).flatMap(([place, locked]) => {
    const [, name] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place) ?? [];
    return name === undefined || locked.link === true ? [] : [{ place, name: locked.name ?? name, locked }];
  });
}

export const lockfileHash = (): string =>
  createHash("sha256")
    .update(readFileSync(path.join(ROOT, "package-lock.json")))
    .digest("hex");

/** Which lockfile a document was made from. */
const LOCKFILE_PROPERTY = "package-lock.json:sha256";

export const lockfileOf = ({ metadata }: Sbom): string | undefined =>
  metadata.properties?.find(({ name }) => name === LOCKFILE_PROPERTY)?.value;

/** npm's document without what differs from one run or machine to the next. */
export function suiteSbom(written: string, name: string): Sbom {
  const { bomFormat, specVersion, version, metadata, components, dependencies } = JSON.parse(written) as Sbom &
    Readonly<Record<"bomFormat" | "specVersion" | "version", unknown>>;
  const properties = [{ name: LOCKFILE_PROPERTY, value: lockfileHash() }];
  const component = { ...metadata.component, name };
  return { bomFormat, specVersion, version, metadata: { component, properties }, components, dependencies } as Sbom;
}

/**
 * What a workspace ships: its production dependencies and theirs, to the last. npm's own `--omit=dev` leaves out what the root
 * needs for its tests, too.
 */
export function workspaceSbom(suite: Sbom, { name, dependencies = {} }: Manifest): Sbom {
  const part = suite.components.find(({ purl }) =>
    purl.startsWith(`pkg:npm/${encodeURIComponent(name).replace("%2F", "/")}@`),
  );
  if (part === undefined) throw new Error(`the suite's document does not list its workspace ${name}`);
  const edges = new Map(suite.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const direct = Object.entries(dependencies).map(([dependency, version]) => `${dependency}@${version}`);
  const shipped = new Set(direct);
  for (const ref of shipped) for (const next of edges.get(ref) ?? []) shipped.add(next);
  const isShipped = (ref: string) => shipped.has(ref);
  return {
    ...suite,
    metadata: { ...suite.metadata, component: { ...part, name } },
    components: suite.components.filter((component) => isShipped(component["bom-ref"])),
    dependencies: [
      { ref: part["bom-ref"], dependsOn: direct },
      ...suite.dependencies.filter(({ ref }) => isShipped(ref)),
    ],
  };
}

/** One component a line, so that a change of one is one line. */
export function renderSbom({ components, dependencies, ...head }: Sbom): string {
  const list = (items: readonly unknown[]) => items.map((item) => `    ${JSON.stringify(item)}`).join(",\n");
  return `${JSON.stringify(head, null, 2).slice(0, -2)},
  "components": [
${list(components)}
  ],
  "dependencies": [
${list(dependencies)}
  ]
}
`;
}

export const sbomFile = (name: string): string => path.join(FOLDER, `${name}.cdx.json`);

export const readSbom = (name: string): Sbom => JSON.parse(readFileSync(sbomFile(name), "utf8")) as Sbom;

/** The licence of a component, as SPDX has it; none if the package does not say. */
export function licenceOf({ licenses = [] }: Component): string {
  const names = licenses.map((choice) =>
    "expression" in choice ? choice.expression : (choice.license.id ?? choice.license.name),
  );
  return names.filter((name) => name !== undefined).join(" AND ") || "none";
}

const idOf = ({ name, version }: Component): string => `${name} ${version}`;

/** Markdown: every package by licence, with the parts of the house that ship it. */
export function renderLicences(suite: Sbom, parts: ReadonlyMap<string, Sbom>): string {
  const shipped = new Map([...parts].map(([part, { components }]) => [part, new Set(components.map(idOf))]));
  const groups = new Map<string, Set<string>>();
  for (const component of suite.components) {
    const licence = licenceOf(component);
    const users = [...shipped].flatMap(([part, ids]) => (ids.has(idOf(component)) ? [part] : []));
    const lines = groups.get(licence) ?? new Set();
    groups.set(licence, lines.add(`- ${idOf(component)}${users.length === 0 ? "" : ` (${users.join(", ")})`}`));
  }
  const sections = [...groups]
    .sort(([a, left], [b, right]) => right.size - left.size || (a < b ? -1 : 1))
    .map(([licence, lines]) => [`## ${licence}: ${lines.size}`, "", ...[...lines].sort(), ""].join("\n"));
  return [
    "<!-- Generated by npm run sbom from the bills of materials. Do not edit. -->",
    "",
    "# Licences of what the suite uses",
    "",
    `In brackets, which part ships it: ${[...parts.keys()].join(", ")}. All else is for building and testing.`,
    "",
    ...sections,
  ].join("\n");
}

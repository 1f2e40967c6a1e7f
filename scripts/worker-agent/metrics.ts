/** Prometheus' text format. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Name without prefix, type, help, samples. */
export type Metric = readonly [name: string, type: "gauge" | "counter", help: string, samples: readonly Sample[]];

const escape = (text: string): string => text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");

function line(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

/** All metrics as one page. Those without samples are left out. */
export function exposition(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(([short, type, help, samples]) => {
    const name = `phala_worker_${short}`;
    if (samples.length === 0) return [];
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => line(name, sample))];
  });
  return `${lines.join("\n")}\n`;
}

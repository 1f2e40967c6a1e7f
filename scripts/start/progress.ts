/** One line per stage: rewritten while it goes on if a person watches, written once at its beginning and end if not. */

const WIDTH = 10;

export class Progress {
  readonly #isTerminal: boolean;
  #name = "";
  #started = 0;
  #shown = 0;

  constructor(isTerminal = process.stdout.isTTY && process.env["CI"] === undefined) {
    this.#isTerminal = isTerminal;
  }

  /** Carries out a stage. `work` tells how far it is by `update` and returns what was done. */
  async stage<T>(
    name: string,
    doing: string,
    work: (update: (text: string) => void) => Promise<[T, string]>,
  ): Promise<T> {
    this.#name = name;
    this.#started = Date.now();
    this.#shown = 0;
    this.#show(doing, true);
    const [result, done] = await work((text) => this.#show(text, false));
    const seconds = ((Date.now() - this.#started) / 1000).toFixed(1);
    this.#write(`${this.#label("✓")}${done.padEnd(58)} ${seconds.padStart(6)} s\n`);
    return result;
  }

  /** Ends an unfinished line, so that what follows stands on its own. */
  interrupt(): void {
    if (this.#isTerminal) this.#write("");
  }

  #label(sign: string): string {
    return `${sign} ${this.#name.padEnd(WIDTH)}`;
  }

  #show(text: string, isFirst: boolean): void {
    const now = Date.now();
    if (!isFirst && now - this.#shown < (this.#isTerminal ? 100 : 5_000)) return;
    this.#shown = now;
    this.#write(`${this.#label("·")}${text}${this.#isTerminal ? "" : "\n"}`);
  }

  #write(text: string): void {
    // Carriage return, and delete to the end of the line.
    process.stdout.write(this.#isTerminal ? `\r\u001b[K${text}` : text);
  }
}

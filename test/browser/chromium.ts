/**
 * A headless Chromium for the tests in this folder, and what became of what it loaded.
 */

import { existsSync } from "node:fs";

const paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where the browser is; undefined when there is none on this machine. */
export const chromium = paths.find((path) => existsSync(path));

/** A page, and everything that its console and its network complained of. */
export class Page implements Disposable {
  readonly view: Bun.WebView;
  readonly complaints: string[] = [];

  private constructor() {
    this.view = new Bun.WebView({
      width: 1280,
      height: 1600,
      backend: {
        type: "chrome",
        path: chromium ?? "chromium",
        argv: [
          // Chromium's own sandbox can't be had by root, or in a container.
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-domain-reliability",
          "--disable-sync",
          "--metrics-recording-only",
        ],
      },
      console: (type, ...values) => {
        if (type === "error" || type === "warn") this.complaints.push(values.join(" "));
      },
    });
  }

  /** Opens an empty page whose complaints are listened to. */
  static async open(): Promise<Page> {
    for (let tries = 20; ; tries--) {
      try {
        return await Page.#begin();
      } catch (error) {
        // Another file of tests has just closed the browser, which takes a moment to end.
        if (tries === 0) throw error;
        await Bun.sleep(100);
      }
    }
  }

  static async #begin(): Promise<Page> {
    const page = new Page();
    await page.view.navigate("about:blank");
    for (const domain of ["Network", "Log", "Runtime"]) await page.view.cdp(`${domain}.enable`);
    const listen = (type: string, tell: (data: Record<string, unknown>) => string): void => {
      page.view.addEventListener(type, (event) => {
        page.complaints.push(tell((event as MessageEvent<Record<string, unknown>>).data));
      });
    };
    listen("Log.entryAdded", ({ entry }) => JSON.stringify(entry));
    listen("Runtime.exceptionThrown", ({ exceptionDetails }) => JSON.stringify(exceptionDetails));
    listen("Network.loadingFailed", (data) => JSON.stringify(data));
    return page;
  }

  /** Loads `path` of the server at `base`; resolves when all of the page has been loaded. */
  async goto(path: string, base: URL): Promise<void> {
    await this.#isQuiet();
    await this.view.navigate(new URL(path, base).href);
  }

  /** Loads the page once more; resolves when all of it has been loaded. */
  async reload(): Promise<void> {
    await this.#isQuiet();
    await this.view.reload();
  }

  /**
   * Waits for all that a page which a click or a script led to still brings. Bun asks each page that
   * has loaded for its title, and takes the answer, or that the page has gone in the meantime, for
   * the end of the navigation that is under way by then.
   */
  async #isQuiet(): Promise<void> {
    await this.until("performance.getEntriesByType('navigation')[0]?.loadEventEnd > 0");
    await this.value("document.title");
  }

  /** Clicks on what `selector` finds. */
  async click(selector: string): Promise<void> {
    try {
      await this.view.click(selector);
    } catch (error) {
      // The page that the link leads to may be there before the click has been told of.
      if (!String(error).includes("navigated or closed")) throw error;
    }
  }

  /** The value of an expression in the page. */
  async value<Value>(expression: string): Promise<Value> {
    return (await this.view.evaluate(expression)) as Value;
  }

  /** Waits until an expression holds in the page. */
  async until(expression: string): Promise<void> {
    for (let i = 0; i < 1000; i++) {
      try {
        if (await this.value<boolean>(expression)) return;
      } catch {
        // Between two pages there is nothing to ask.
      }
      await Bun.sleep(10);
    }
    throw new Error(`it never came to hold: ${expression}`);
  }

  /** The status of the page that is shown. */
  status(): Promise<number> {
    return this.value("performance.getEntriesByType('navigation')[0].responseStatus");
  }

  [Symbol.dispose](): void {
    this.view.close();
  }
}

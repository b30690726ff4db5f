/**
 * The one live connection of a wall. It says that something moved and how far the record has come, and brings the numbers of
 * the area when they moved, read once for all walls that show it. A browser comes back by itself when the line is cut, but gives up for good on "try again" (503).
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;

export interface Stream {
  close(): void;
}

export interface Heard {
  moved(position: number): void;
  numbers(body: string): void;
  state(live: boolean): void;
}

/** `since`: what the page knows already. */
export function listen(address: string, query: string, since: number, { moved, numbers, state }: Heard): Stream {
  let source: EventSource;
  let last = String(Math.max(0, since));
  let pause = FIRST_PAUSE_MS;
  let timer = 0;
  const heard = (event: Event): void => {
    last = (event as MessageEvent<string>).lastEventId || last;
    moved(Number(last) || 0);
  };
  const begin = (): void => {
    source = new EventSource(`${address}?${query}&last=${last}`, { withCredentials: true });
    source.addEventListener("open", () => {
      pause = FIRST_PAUSE_MS;
      state(true); // what was missed is in the numbers that come now, however long the line was cut
    });
    source.addEventListener("case", heard);
    source.addEventListener("numbers", (event) => numbers((event as MessageEvent<string>).data));
    source.addEventListener("reload", () => moved(0));
    source.addEventListener("error", () => {
      state(false);
      if (source.readyState !== EventSource.CLOSED) return;
      timer = window.setTimeout(begin, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };
  begin();
  return {
    close: () => {
      window.clearTimeout(timer);
      source.close();
    },
  };
}

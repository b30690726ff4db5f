/**
 * The one live connection of a wall. It only says that something moved and how far the record has come; numbers are asked
 * for by themselves. A browser comes back by itself when the line is cut, but gives up for good on "try again" (503).
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;

export interface Stream {
  close(): void;
}

export function listen(address: string, moved: (position: number) => void, state: (live: boolean) => void): Stream {
  let source: EventSource;
  let last = "";
  let pause = FIRST_PAUSE_MS;
  let timer = 0;
  let opened = false;
  const heard = (event: Event): void => {
    last = (event as MessageEvent<string>).lastEventId || last;
    moved(Number(last) || 0);
  };
  const begin = (): void => {
    source = new EventSource(last ? `${address}?last=${last}` : address, { withCredentials: true });
    source.addEventListener("open", () => {
      pause = FIRST_PAUSE_MS;
      state(true);
      if (opened) moved(0); // what was missed is in the numbers: one asking, however long the line was cut
      opened = true;
    });
    source.addEventListener("case", heard);
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

/** Asking the server. An answer counts only when it is ours: a hotel's sign-in page that says 200 is no answer. */
import { get } from "./db";
import type { Problem } from "./types";

export const API = "/api/v1/city/field/";
export const FILES = "/api/v1/files";
export const TOKEN = "/city/phone/token.json";

/** No answer, or none of ours: it may be tried again. */
export class NoAnswer extends Error {}

/** The server answered no. */
export class Refused extends Error {
  constructor(
    readonly problem: Problem,
    /** Seconds, as Retry-After said. */
    readonly retryAfter: number,
  ) {
    super(`${problem.status} ${problem.code}`);
  }

  /** Time can heal it. */
  get passing(): boolean {
    return this.problem.status >= 500 || [408, 425, 429].includes(this.problem.status);
  }
}

export interface Answer<T> {
  status: number;
  body: T;
  etag: string;
  date: number;
}

interface Ask {
  method?: "GET" | "POST";
  json?: unknown;
  form?: FormData;
  key?: string;
  token?: string;
  etag?: string;
  timeout?: number;
}

async function problemOf(answer: Response): Promise<Problem> {
  let found: Record<string, unknown> = {};
  try {
    found = (await answer.json()) as Record<string, unknown>;
  } catch {
    /* a proxy's own page */
  }
  const errors = (Array.isArray(found.errors) ? found.errors : []) as { field?: string; message?: string }[];
  const said = errors.map((one) => one.message).filter(Boolean).join(" ");
  return {
    status: answer.status,
    code: String(found.code ?? ""),
    title: String(found.title ?? ""),
    detail: said || String(found.detail ?? ""),
    told: String(found.told ?? ""),
    fields: errors.map((one) => String(one.field ?? "")),
  };
}

export async function ask<T>(address: string, { method = "GET", json, form, key, token, etag, timeout = 30_000 }: Ask = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const language = (await get("prefs"))?.language;
  if (language) headers["Accept-Language"] = language;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (token) headers["X-CSRFToken"] = token;
  if (etag) headers["If-None-Match"] = etag;
  let answer: Response;
  let body: T;
  try {
    answer = await fetch(address, {
      method,
      headers,
      body: json !== undefined ? JSON.stringify(json) : form,
      credentials: "same-origin",
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(timeout),
    });
    if (answer.type === "opaqueredirect") throw new NoAnswer("sent elsewhere");
    if (answer.status === 304) return { status: 304, body: undefined as T, etag: etag ?? "", date: 0 };
    if (!answer.ok) throw new Refused(await problemOf(answer), Number(answer.headers.get("Retry-After")) || 0);
    if (!(answer.headers.get("Content-Type") ?? "").includes("json")) throw new NoAnswer("not ours");
    body = (await answer.json()) as T;
  } catch (error) {
    if (error instanceof Refused || error instanceof NoAnswer) throw error;
    throw new NoAnswer(String(error));
  }
  return { status: answer.status, body, etag: answer.headers.get("ETag") ?? "", date: Date.parse(answer.headers.get("Date") ?? "") || 0 };
}

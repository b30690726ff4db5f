/** Security keys (WebAuthn): the button that asks the browser for one, and puts the answer into the form's hidden field. */
import { el, icon, t } from "../core/texts";

interface Descriptor {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}
/** What the server sends (JSON of the WebAuthn standard): everything binary is base64url. */
interface Options {
  publicKey: Record<string, unknown> & {
    challenge: string;
    user?: { id: string; name: string; displayName: string };
    excludeCredentials?: Descriptor[];
    allowCredentials?: Descriptor[];
  };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function base64url(buffer: ArrayBuffer): string {
  let plain = "";
  for (const byte of new Uint8Array(buffer)) plain += String.fromCharCode(byte);
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decoded({ publicKey }: Options): PublicKeyCredentialCreationOptions & PublicKeyCredentialRequestOptions {
  const list = (given?: Descriptor[]): PublicKeyCredentialDescriptor[] | undefined =>
    given?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    ...(publicKey.user ? { user: { ...publicKey.user, id: bytes(publicKey.user.id) } } : {}),
    excludeCredentials: list(publicKey.excludeCredentials) ?? [],
    ...(publicKey.allowCredentials ? { allowCredentials: list(publicKey.allowCredentials) } : {}),
  } as unknown as PublicKeyCredentialCreationOptions & PublicKeyCredentialRequestOptions;
}

/** The answer as the server reads it: the standard's JSON of a credential. */
function encoded(credential: PublicKeyCredential): string {
  const answer = credential.response;
  const response: Record<string, unknown> = { clientDataJSON: base64url(answer.clientDataJSON) };
  if (answer instanceof AuthenticatorAttestationResponse) {
    response.attestationObject = base64url(answer.attestationObject);
    response.transports = answer.getTransports?.() ?? [];
  } else if (answer instanceof AuthenticatorAssertionResponse) {
    response.authenticatorData = base64url(answer.authenticatorData);
    response.signature = base64url(answer.signature);
    response.userHandle = answer.userHandle ? base64url(answer.userHandle) : null;
  }
  return JSON.stringify({
    type: credential.type,
    id: credential.id,
    rawId: base64url(credential.rawId),
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

function reason(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "InvalidStateError") return t("key_known");
  if (name === "SecurityError" || name === "NotSupportedError") return t("key_unsupported");
  return t("key_cancelled");
}

export function mount(holder: HTMLElement, raw: unknown): void {
  const field = document.querySelector<HTMLInputElement>(holder.dataset.field ?? "");
  const form = holder.closest("form");
  if (!field || !form) throw new Error("a key needs its form and its field");
  const creates = holder.dataset.does === "create";
  const button = el("button", { type: "button", class: creates ? "btn btn-primary" : "btn" }, icon("key"), holder.dataset.label ?? "");
  const say = el("p", { class: "form-hint", role: "status" });
  holder.append(button, say);
  if (!window.PublicKeyCredential || !navigator.credentials) {
    button.disabled = true;
    say.textContent = t("key_unsupported");
    return;
  }
  button.addEventListener("click", async () => {
    if (!form.reportValidity()) return;
    button.disabled = true;
    say.textContent = t("key_waiting");
    try {
      const publicKey = decoded(raw as Options);
      const found = creates ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      if (!(found instanceof PublicKeyCredential)) throw new Error("no credential");
      field.value = encoded(found);
      form.submit(); // the hidden field alone is what the form waits for
    } catch (error) {
      say.textContent = reason(error);
      button.disabled = false;
      button.focus();
    }
  });
}

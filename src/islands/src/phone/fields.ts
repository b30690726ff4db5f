/** The fields of a task's form, drawn for thumbs; values go back by name. */
import type { Field } from "./types";
import { box, el, kids, t } from "./ui";

export type Values = Record<string, unknown>;

function choicesOf(field: Field): { value: string; label: string }[] {
  return (field.choices ?? []).map((one) =>
    typeof one === "string" ? { value: one, label: one } : Array.isArray(one) ? { value: one[0], label: one[1] } : one,
  );
}

/** Draw one field; `changed` is told the value at each touch. */
export function draw(field: Field, values: Values, changed: (value: unknown) => void): HTMLElement {
  const id = `p-f-${field.name}`;
  const label = field.required ? `${field.label} *` : field.label;
  const choices = choicesOf(field);
  if (choices.length) {
    const group = el("fieldset", { class: "p-field" }, el("legend", {}, label));
    const tiles = box("p-tiles");
    for (const one of choices) {
      const input = el("input", { type: "radio", name: id, value: one.value });
      input.checked = values[field.name] === one.value;
      input.addEventListener("change", () => changed(one.value));
      tiles.append(el("label", { class: "p-tile" }, input, el("b", {}, one.label)));
    }
    group.append(tiles);
    return group;
  }
  if (field.type === "boolean" || field.type === "checkbox") {
    const input = el("input", { type: "checkbox", id });
    input.checked = Boolean(values[field.name]);
    input.addEventListener("change", () => changed(input.checked));
    return el("label", { class: "p-check", for: id }, input, el("span", {}, label));
  }
  const long = field.type === "textarea" || field.type === "text" || field.type === "long_text";
  const input = long ? el("textarea", { id, class: "p-input", rows: "2", maxlength: "2000" })
    : el("input", { id, class: "p-input", type: field.type === "number" || field.type === "integer" ? "number" : field.type === "date" ? "date" : "text", maxlength: "500" });
  input.value = String(values[field.name] ?? "");
  input.addEventListener("input", () => changed(field.type === "number" || field.type === "integer" ? (input.value === "" ? null : Number(input.value)) : input.value));
  return box("p-field", el("label", { for: id }, label), input);
}

/** Names of required fields that are still empty. */
export function lacking(fields: Field[], values: Values): string[] {
  return fields.filter((one) => one.required && (values[one.name] === undefined || values[one.name] === "" || values[one.name] === null)).map((one) => one.label);
}

export function whole(fields: Field[], values: Values, changed: (name: string, value: unknown) => void): HTMLElement | null {
  if (!fields.length) return null;
  return box("p-fields", ...kids(fields.map((one) => draw(one, values, (value) => changed(one.name, value)))));
}

export function needs(names: string[]): string {
  return names.length ? t("phone.need_fields", { names: names.join("、") }) : "";
}

// @ts-check
/**
 * What an attribute may never reach: globals that run code, open pages, keep things or talk to somebody. Alpine's build
 * for strict policies would learn every global there is, a thousand of them, for a fifth of a second on a slow tablet;
 * `observe/web/field_script.py` gives it these in place of them all.
 */
const NAMES = [
  "globalThis", "window", "self", "frames", "top", "parent", "opener", "document", "location", "history", "navigator",
  "Function", "eval", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "requestAnimationFrame", "importScripts",
  "fetch", "XMLHttpRequest", "WebSocket", "EventSource", "RTCPeerConnection", "WebTransport", "BroadcastChannel", "MessageChannel",
  "postMessage", "open", "close", "print", "alert", "confirm", "prompt", "Worker", "SharedWorker", "WebAssembly",
  "localStorage", "sessionStorage", "indexedDB", "caches", "cookieStore", "crypto", "trustedTypes",
  "Reflect", "Proxy", "Object", "DOMParser", "Range", "Document", "HTMLScriptElement", "HTMLIFrameElement", "Image", "Audio", "Blob", "URL",
];

export const guarded = Object.fromEntries(NAMES.filter((name) => name in globalThis).map((name) => [name, Reflect.get(globalThis, name)]));

// Asks the worker. The token stays in this tab.
"use strict";

const api = {
  token: sessionStorage.getItem("memoria-token") || "",

  async ask(path, body) {
    const options = { headers: { Authorization: `Bearer ${this.token}` } };
    if (body !== undefined) {
      options.method = "POST";
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const answer = await fetch(path, options);
    if (answer.ok) return answer;
    let detail = answer.statusText;
    try {
      const told = (await answer.json()).detail;
      detail = typeof told === "string" ? told : JSON.stringify(told);
    } catch { /* Not ours: a proxy's page. */ }
    const error = new Error(detail);
    error.status = answer.status;
    throw error;
  },

  async json(path, body) {
    return (await this.ask(path, body)).json();
  },

  async picture(face) {
    return URL.createObjectURL(await (await this.ask(`/face-thumbnail/${face}`)).blob());
  },

  remember(token) {
    this.token = token;
    if (token) sessionStorage.setItem("memoria-token", token);
    else sessionStorage.removeItem("memoria-token");
  },
};

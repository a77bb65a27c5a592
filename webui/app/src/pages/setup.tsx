// What mail programs are told: values to type, the link and QR code for people, records to publish.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api";
import type { Discovery, DnsRecord, MailService } from "../contract";
import { ErrorBox } from "../parts/bits";
import { CopyButton } from "../parts/copy";
import { Icon } from "../parts/icons";
import { QrCode } from "../parts/qr";
import { t } from "../words";

const security = { tls: "SSL/TLS", starttls: "STARTTLS" };

function Values({ services }: { services: MailService[] }) {
  return (
    <table class="values">
      <thead>
        <tr>
          <th scope="col">{t("program.service")}</th>
          <th scope="col">{t("program.host")}</th>
          <th scope="col">{t("program.port")}</th>
          <th scope="col">{t("program.security")}</th>
        </tr>
      </thead>
      <tbody>
        {services.map(({ protocol, host, port, security: kind }) => (
          <tr key={port}>
            <th scope="row">{t(`program.protocol.${protocol}`)}</th>
            <td class="breakable">{host}</td>
            <td>{port}</td>
            <td>{security[kind]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ForPeople({ link, qr }: { link: string; qr: string[] }) {
  return (
    <div class="for-people">
      <QrCode rows={qr} label={t("program.qr", { link })} />
      <div>
        <p>
          <a class="breakable" href={link}>
            {link}
          </a>{" "}
          <CopyButton text={link} />
        </p>
        <p class="muted">{t("program.forPeopleNext")}</p>
      </div>
    </div>
  );
}

function Note({ what, next }: { what: string; next: string }) {
  return (
    <div class="box act">
      <Icon name="needs_you" />
      <div>
        <p class="strong">{what}</p>
        <p>{next}</p>
      </div>
    </div>
  );
}

function Records({ records }: { records: DnsRecord[] }) {
  return (
    <table class="values">
      <thead>
        <tr>
          <th scope="col">{t("program.name")}</th>
          <th scope="col">{t("program.type")}</th>
          <th scope="col">{t("program.value")}</th>
        </tr>
      </thead>
      <tbody>
        {records.map(({ name, type, value }) => (
          <tr key={`${name} ${type}`}>
            <th scope="row">
              <code class="breakable">{name}</code>
              <CopyButton text={name} />
            </th>
            <td>{type}</td>
            <td>
              <code class="breakable">{value}</code>
              <CopyButton text={value} what={`${name} ${type} ${value}`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Told({ told }: { told: Discovery }) {
  if (told.services.length === 0)
    return <Note what={t("program.nothing")} next={t("program.nothingNext")} />;
  return (
    <>
      <section class="card">
        <h2>{t("program.values")}</h2>
        <Values services={told.services} />
        <p class="muted">{t("program.userName")}</p>
      </section>
      <section class="card">
        <h2>{t("program.forPeople")}</h2>
        {told.link ? (
          <ForPeople link={told.link} qr={told.qr} />
        ) : (
          <Note what={t("program.closed")} next={t("program.closedNext")} />
        )}
      </section>
      <section class="card">
        <h2>{t("program.records")}</h2>
        <p class="muted">{t("program.recordsLead")}</p>
        <Records records={told.records} />
      </section>
    </>
  );
}

/** Asks what is told; of one address, with the link to its profile. */
function useDiscovery(query: string) {
  const told = useSignal<Discovery | null>(null);
  const error = useSignal<unknown>(null);
  function load() {
    error.value = null;
    get<Discovery>(`/api/discovery${query}`).then(
      (answer) => (told.value = answer),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(load, [query]);
  return { told: told.value, error: error.value, load };
}

export function Setup() {
  const { told, error, load } = useDiscovery("");
  if (error !== null) return <ErrorBox error={error} retry={load} />;
  return told ? <Told told={told} /> : <p class="muted">{t("app.loading")}</p>;
}

/** In an account's drawer: the QR code that leads to its profile. */
export function PhoneSetup({ address }: { address: string }) {
  const { told, error, load } = useDiscovery(`?address=${encodeURIComponent(address)}`);
  if (error !== null) return <ErrorBox error={error} retry={load} />;
  if (!told) return <p class="muted">{t("app.loading")}</p>;
  if (!told.link) return <Note what={t("program.closed")} next={t("program.closedNext")} />;
  return (
    <div class="for-people">
      <QrCode rows={told.qr} label={t("program.qr", { link: told.link })} />
      <div>
        <p>{t("program.phoneNext")}</p>
        <CopyButton text={told.link} />
      </div>
    </div>
  );
}

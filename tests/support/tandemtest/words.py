"""The words generated mail is made of, and the ways a subject can be encoded.

Everything takes the caller's `random.Random`; nothing keeps state, so the same random source gives
the same text. RFC 2047 (encoded words of at most 75 characters), ISO-2022-JP per RFC 1468.
"""
import base64

ENGLISH = (
    "agenda approve archive arrive balance before branch bridge calendar candidate catalogue change "
    "clause client colleague confirm contract counter decide deliver depart detail document domain "
    "draft early effort enclosed estimate exchange factory figure finish folder forecast forward "
    "gather handle harbour inspect install inventory invoice journey kindly later ledger letter "
    "maintain manager measure meeting method minutes monthly morning move network notice office "
    "opening order outcome outline package partner patience payment period phone plan please printer "
    "procedure proposal quarter question quote receive record remind repair reply report request "
    "review revise room sample schedule section service shipment signed station storage subject "
    "summary supply table target thanks ticket today transfer travel update urgent vendor version "
    "visit wait warehouse week window wording yearly").split()

JAPANESE = (
    "平素より大変お世話になっております。", "ご確認のほどよろしくお願いいたします。",
    "添付の見積書をご査収ください。", "会議の日程を変更させていただきます。",
    "サーバー移行の作業は土曜日の深夜に行います。", "請求書の宛先に誤りがございました。",
    "明後日までにご返信いただけますと幸いです。", "東京支店の電話番号が変わりました。",
    "パスワードの有効期限が近づいています。", "新しいメールアドレスは後日ご案内します。",
    "本メールは送信専用のためご返信いただけません。", "納品書と検収書を同封いたしました。",
    "議事録を共有フォルダーに置きました。", "ご不明な点は情報システム部までお問い合わせください。")

JAPANESE_SUBJECTS = (
    "見積書の送付", "定例会議のお知らせ", "請求書発行のご案内", "サーバー停止の予告", "出張申請の承認",
    "納期のご相談", "メール移行作業の予定", "年末年始休業のお知らせ", "障害報告（第二報）", "採用面接の日程調整",
    "契約更新についてのお願い", "健康診断のご案内")

JAPANESE_NAMES = ("佐藤 花子", "鈴木 一郎", "高橋 直樹", "田中 美咲", "渡辺 健", "伊藤 さくら", "中村 大輔")


def english_sentence(random, low=4, high=12):
    words = random.choices(ENGLISH, k=random.randint(low, high))
    return " ".join(words).capitalize() + "."


def japanese_text(random, sentences):
    return "".join(random.choice(JAPANESE) for _ in range(sentences))


def encoded_words(text, charset, letter):
    """`text` as folded RFC 2047 words; `letter` is "B" or "Q". Returns ASCII bytes with CRLF folds."""
    words, start = [], 0
    while start < len(text):
        length = 1
        while (start + length < len(text)
               and len(_one_word(text[start:start + length + 1], charset, letter)) <= 75):
            length += 1
        words.append(_one_word(text[start:start + length], charset, letter))
        start += length
    return "\r\n ".join(words).encode("ascii")


def _one_word(text, charset, letter):
    raw = text.encode(charset, "replace")
    if letter == "B":
        return f"=?{charset}?B?{base64.b64encode(raw).decode()}?="
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    coded = "".join(chr(c) if c in plain else "_" if c == 0x20 else f"={c:02X}" for c in raw)
    return f"=?{charset}?Q?{coded}?="


def file_name_parameter(random, name):
    """A Content-Disposition parameter for a Japanese file name, in one of the ways seen in the wild."""
    way = random.randrange(3)
    if way == 0:      # RFC 2231
        return b"filename*=UTF-8''" + "".join(f"%{c:02X}" for c in name.encode()).encode()
    if way == 1:      # forbidden by RFC 2047, sent by most Japanese clients
        word = f"=?ISO-2022-JP?B?{base64.b64encode(name.encode('iso-2022-jp', 'replace')).decode()}?="
        return f'filename="{word}"'.encode()
    return b'filename="' + name.encode() + b'"'   # raw UTF-8

from api.sentences.en import running

SENTENCES = running.SENTENCES

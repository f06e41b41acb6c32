from api.sentences.en import integrity

SENTENCES = integrity.SENTENCES

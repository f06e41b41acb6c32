from api.sentences.en import grades

SENTENCES = grades.SENTENCES

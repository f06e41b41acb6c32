from api.sentences.en import grading

SENTENCES = grading.SENTENCES
